"""Stable Diffusion v1 in plain PyTorch, float32, no library of models: what bench/sd1.ts compares with.

Reads the same checkpoint and, for each line on standard input (text, unet or decode), computes that part once and
answers with the seconds it took and a checksum. names.json: for each part, its names to the keys of the file.
"""
import json
import resource
import struct
import sys
import time

import torch
import torch.nn.functional as F

path, names_path, side, threads = sys.argv[1:5]
latent_side = int(side) // 8
torch.set_num_threads(int(threads))
torch.set_grad_enabled(False)


def load():
    with open(path, 'rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
        types = {'F32': torch.float32, 'F16': torch.float16}
        tensors = {}
        for name, entry in header.items():
            if name == '__metadata__':
                continue
            begin, end = entry['data_offsets']
            file.seek(8 + length + begin)
            data = torch.frombuffer(bytearray(file.read(end - begin)), dtype=types[entry['dtype']])
            tensors[name] = data.float().reshape(entry['shape'])
    names = json.load(open(names_path))
    return {part: {name: tensors[key] for name, key in pairs.items()} for part, pairs in names.items()}


began = time.time()
weights = load()
loaded = time.time() - began


class Part:
    """The layers of torch.nn as functions of names."""

    def __init__(self, part):
        self.w = weights[part]

    def linear(self, name, x):
        weight = self.w[name + '.weight']
        return F.linear(x, weight.reshape(weight.shape[:2]), self.w.get(name + '.bias'))

    def conv(self, name, x, stride=1):
        weight = self.w[name + '.weight']
        return F.conv2d(x, weight, self.w[name + '.bias'], stride=stride, padding=weight.shape[-1] // 2)

    def group(self, name, x, eps):
        return F.group_norm(x, 32, self.w[name + '.weight'], self.w[name + '.bias'], eps)

    def layer(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.w[name + '.weight'], self.w[name + '.bias'], 1e-5)

    def resnet(self, name, x, eps, time=None):
        h = self.conv(name + '.conv1', F.silu(self.group(name + '.norm1', x, eps)))
        if time is not None:
            h = h + self.linear(name + '.time_emb_proj', time)[:, :, None, None]
        h = self.conv(name + '.conv2', F.silu(self.group(name + '.norm2', h, eps)))
        return (self.conv(name + '.conv_shortcut', x) if name + '.conv_shortcut.weight' in self.w else x) + h


def attention(q, k, v, heads, mask=None):
    split = lambda x: x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)
    q, k, v = split(q), split(k), split(v)
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores + mask
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


class UNet(Part):
    def attend(self, name, x, source):
        q, k, v = (self.linear(f'{name}.to_{i}', y) for i, y in (('q', x), ('k', source), ('v', source)))
        return self.linear(name + '.to_out.0', attention(q, k, v, 8))

    def transformer(self, name, x, text):
        batch, channels, height, width = x.shape
        h = self.conv(name + '.proj_in', self.group(name + '.norm', x, 1e-6)).flatten(2).transpose(1, 2)
        block = name + '.transformer_blocks.0'
        normal = self.layer(block + '.norm1', h)
        h = h + self.attend(block + '.attn1', normal, normal)
        h = h + self.attend(block + '.attn2', self.layer(block + '.norm2', h), text)
        wide, gate = self.linear(block + '.ff.net.0.proj', self.layer(block + '.norm3', h)).chunk(2, -1)
        h = h + self.linear(block + '.ff.net.2', wide * F.gelu(gate))
        return x + self.conv(name + '.proj_out', h.transpose(1, 2).reshape(x.shape))

    def __call__(self, x, step, text):
        half = torch.exp(-torch.arange(160) / 160 * torch.log(torch.tensor(10000.0))) * step
        waves = torch.cat([half.cos(), half.sin()])[None]
        time = self.linear('time_embedding.linear_2', F.silu(self.linear('time_embedding.linear_1', waves)))
        time = F.silu(time)
        skips = [self.conv('conv_in', x)]
        for level in range(4):
            block = f'down_blocks.{level}'
            for i in range(2):
                h = self.resnet(f'{block}.resnets.{i}', skips[-1], 1e-5, time)
                skips.append(self.transformer(f'{block}.attentions.{i}', h, text) if level < 3 else h)
            if level < 3:
                skips.append(self.conv(f'{block}.downsamplers.0.conv', skips[-1], 2))
        h = self.resnet('mid_block.resnets.0', skips[-1], 1e-5, time)
        h = self.resnet('mid_block.resnets.1', self.transformer('mid_block.attentions.0', h, text), 1e-5, time)
        for level in range(4):
            block = f'up_blocks.{level}'
            for i in range(3):
                h = self.resnet(f'{block}.resnets.{i}', torch.cat([h, skips.pop()], 1), 1e-5, time)
                if level > 0:
                    h = self.transformer(f'{block}.attentions.{i}', h, text)
            if level < 3:
                h = self.conv(f'{block}.upsamplers.0.conv', F.interpolate(h, scale_factor=2.0))
        return self.conv('conv_out', F.silu(self.group('conv_norm_out', h, 1e-5)))


class Vae(Part):
    def __call__(self, x):
        h = self.conv('decoder.conv_in', self.conv('post_quant_conv', x))
        h = self.resnet('decoder.mid_block.resnets.0', h, 1e-6)
        name = 'decoder.mid_block.attentions.0'
        tokens = self.group(name + '.group_norm', h, 1e-6).flatten(2).transpose(1, 2)
        read = attention(*(self.linear(f'{name}.to_{i}', tokens) for i in 'qkv'), 1)
        h = h + self.linear(name + '.to_out.0', read).transpose(1, 2).reshape(h.shape)
        h = self.resnet('decoder.mid_block.resnets.1', h, 1e-6)
        for level in range(4):
            for i in range(3):
                h = self.resnet(f'decoder.up_blocks.{level}.resnets.{i}', h, 1e-6)
            if level < 3:
                name = f'decoder.up_blocks.{level}.upsamplers.0.conv'
                h = self.conv(name, F.interpolate(h, scale_factor=2.0))
        return self.conv('decoder.conv_out', F.silu(self.group('decoder.conv_norm_out', h, 1e-6)))


class Text(Part):
    def __call__(self, ids):
        front = 'text_model.embeddings.'
        h = self.w[front + 'token_embedding.weight'][ids] + self.w[front + 'position_embedding.weight']
        mask = torch.full((77, 77), float('-inf')).triu(1)
        for i in range(12):
            name = f'text_model.encoder.layers.{i}'
            normal = self.layer(name + '.layer_norm1', h)
            read = attention(*(self.linear(f'{name}.self_attn.{p}_proj', normal) for p in 'qkv'), 12, mask)
            h = h + self.linear(name + '.self_attn.out_proj', read)
            inner = self.linear(name + '.mlp.fc1', self.layer(name + '.layer_norm2', h))
            h = h + self.linear(name + '.mlp.fc2', inner * torch.sigmoid(1.702 * inner))
        return self.layer('text_model.final_layer_norm', h)


def wave(*shape):
    count = torch.Size(shape).numel()
    return torch.sin(torch.arange(count, dtype=torch.float64)).float().reshape(shape)


unet, vae, text = UNet('unet'), Vae('vae'), Text('textEncoder')
ids = (torch.arange(2 * 77) * 7919 % 49408).reshape(2, 77)
parts = {
    'text': lambda: text(ids),
    'unet': lambda: unet(wave(2, 4, latent_side, latent_side), 500.0, wave(2, 77, 768)),
    'decode': lambda: vae(wave(1, 4, latent_side, latent_side)),
}

print(json.dumps({'loaded': loaded, 'version': torch.__version__}), flush=True)
for line in sys.stdin:
    began = time.time()
    result = parts[line.strip()]()
    seconds = time.time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sample = result.flatten()[:: max(1, result.numel() // 64)][:64].tolist()
    print(json.dumps({'seconds': seconds, 'peak': peak, 'sample': sample}), flush=True)
