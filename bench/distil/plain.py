"""A distillation step in plain PyTorch, float32: what bench/distil.ts compares with.

As the original does it: texts padded to 77 without a mask, the teacher run at every step, transformers' AdamW with
correct_bias=False. For each line on standard input, the number of a batch, it learns from that batch and answers with
losses and seconds. The last argument is cpu or cuda; without CUDA the latter ends it with an error.
"""
import json
import resource
import struct
import sys
import time

import torch
import torch.nn.functional as F

kind, student_path, teacher_path, batches_path, threads, rate, device = sys.argv[1:8]
torch.set_num_threads(int(threads))
if device == 'cuda':
    if not torch.cuda.is_available():
        sys.exit('This PyTorch has no CUDA.')
    torch.set_default_device(device)


def now():
    if device == 'cuda':
        torch.cuda.synchronize()
    return time.time()


def load(path, train):
    with open(path, 'rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
        tensors = {}
        for name, entry in header.items():
            if name == '__metadata__':
                continue
            begin, end = entry['data_offsets']
            file.seek(8 + length + begin)
            data = torch.frombuffer(bytearray(file.read(end - begin)), dtype=torch.float32, device='cpu')
            tensors[name] = data.reshape(entry['shape']).to(device).requires_grad_(train)
    return tensors


def attention(q, k, v, mask=None):
    split = lambda x: x.reshape(x.shape[0], x.shape[1], 12, -1).transpose(1, 2)
    q, k, v = split(q), split(k), split(v)
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores + mask
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


class Model:
    def __init__(self, path, train):
        self.w = load(path, train)

    def linear(self, name, x):
        return F.linear(x, self.w[name + '.weight'], self.w[name + '.bias'])

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.w[name + '.weight'], self.w[name + '.bias'], 1e-5)


class Clip(Model):
    pad = 49407

    def __call__(self, ids):
        front = 'text_model.embeddings.'
        h = F.embedding(ids, self.w[front + 'token_embedding.weight'])
        h = h + self.w[front + 'position_embedding.weight']
        mask = torch.full((77, 77), float('-inf')).triu(1)
        for i in range(12):
            name = f'text_model.encoder.layers.{i}'
            x = self.norm(name + '.layer_norm1', h)
            read = attention(*(self.linear(f'{name}.self_attn.{p}_proj', x) for p in 'qkv'), mask)
            h = h + self.linear(name + '.self_attn.out_proj', read)
            inner = self.linear(name + '.mlp.fc1', self.norm(name + '.layer_norm2', h))
            h = h + self.linear(name + '.mlp.fc2', inner * torch.sigmoid(1.702 * inner))
        return self.norm('text_model.final_layer_norm', h)


class Roberta(Model):
    pad = 1

    def __call__(self, ids):
        real = (ids != self.pad).long()
        positions = real.cumsum(1) * real + self.pad
        h = F.embedding(ids, self.w['embeddings.word_embeddings.weight'], padding_idx=self.pad)
        h = h + self.w['embeddings.token_type_embeddings.weight'][0]
        h = h + F.embedding(positions, self.w['embeddings.position_embeddings.weight'], padding_idx=self.pad)
        h = self.norm('embeddings.LayerNorm', h)
        for i in range(6):
            name = f'encoder.layer.{i}'
            parts = (self.linear(f'{name}.attention.self.{p}', h) for p in ('query', 'key', 'value'))
            read = attention(*parts)
            h = self.norm(name + '.attention.output.LayerNorm', self.linear(name + '.attention.output.dense', read) + h)
            inner = F.gelu(self.linear(name + '.intermediate.dense', h))
            h = self.norm(name + '.output.LayerNorm', self.linear(name + '.output.dense', inner) + h)
        return h


class AdamW:
    """transformers.AdamW(correct_bias=False): one parameter after the other."""

    def __init__(self, parameters):
        no_decay = ['bias', 'LayerNorm.bias', 'LayerNorm.weight']
        self.parameters = [
            (p, 0.0 if any(part in name for part in no_decay) else 1e-4, torch.zeros_like(p), torch.zeros_like(p))
            for name, p in parameters.items()
        ]

    @torch.no_grad()
    def step(self, rate):
        for p, decay, m, v in self.parameters:
            if p.grad is None:
                continue
            m.mul_(0.9).add_(p.grad, alpha=0.1)
            v.mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
            p.addcdiv_(m, v.sqrt().add_(1e-6), value=-rate)
            if decay > 0:
                p.add_(p, alpha=-rate * decay)
            p.grad = None


def padded(texts, pad):
    return torch.tensor([text + [pad] * (77 - len(text)) for text in texts])


teacher = Clip(teacher_path, False)
student = {'roberta': Roberta, 'clip': Clip}[kind](student_path, True)
optimizer = AdamW(student.w)
batches = json.load(open(batches_path))
product = torch.rand(1024, 1024)
began = now()
for _ in range(5):
    product @ product
gflops = 5 * 2 * 1024**3 / (now() - began) / 1e9
name = torch.cuda.get_device_name() if device == 'cuda' else 'cpu'
print(json.dumps({'version': torch.__version__, 'gflops': gflops, 'device': name}), flush=True)

for line in sys.stdin:
    marks = [now()]
    mark = lambda: marks.append(now())
    pairs = batches[int(line)]
    en, ko = (padded([pair[language] for pair in pairs], student.pad) for language in ('en', 'ko'))
    read = padded([pair['teacher'] for pair in pairs], teacher.pad)
    mark()
    with torch.no_grad():
        target = teacher(read)
    mark()
    losses = [F.mse_loss(student(ids), target) for ids in (en, ko)]
    mark()
    sum(losses).backward()
    mark()
    optimizer.step(float(rate))
    mark()
    names = ('data', 'teacher', 'forward', 'backward', 'optimizer')
    seconds = {name: marks[i + 1] - marks[i] for i, name in enumerate(names)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    answer = {'losses': [loss.item() for loss in losses], 'seconds': seconds, 'step': marks[-1] - marks[0], 'peak': peak}
    print(json.dumps(answer), flush=True)
