/**
 * What went wrong with the Hub, in Korean beside the English of the error itself.
 */
import { HubError, type HubReason } from '../errors.ts';
import { t } from './messages.ts';

const again = '잠시 뒤 같은 명령을 다시 실행하세요. 받은 데까지는 남아 있어 이어서 받습니다.';

/** `subject`: what the English sentence names. */
const korean: Readonly<Record<HubReason, (subject: string) => readonly [problem: string, remedy: string]>> = {
  address: (subject) => [
    `'${subject}'은(는) 허브 모델의 이름이나 주소가 아닙니다.`,
    'CompVis/stable-diffusion-v1-4처럼 모델 페이지에 있는 이름을 주세요. HF_ENDPOINT를 썼다면 그 주소도 확인하세요.',
  ],
  'no-repo': (id) => [
    `허브에서 ${id} 모델을 찾을 수 없습니다. 없는 모델이거나, 비공개이거나, 이용 승인이 필요한 모델입니다.`,
    '이름을 확인하세요. 로그인해야 보이는 모델이라면 이용 약관에 동의한 뒤 HF_TOKEN에 토큰을 넣으세요.',
  ],
  'no-revision': (subject) => [
    `${subject}: 그런 리비전이 없습니다.`,
    '@ 뒤에 브랜치, 태그, 커밋 가운데 하나를 주세요.',
  ],
  'no-file': (subject) => [
    `저장소에 ${subject}이(가) 없습니다.`,
    '모델 페이지의 파일 목록을 확인하거나 다른 저장소를 주세요.',
  ],
  gated: (id) => [
    `${id}은(는) 이용 약관에 동의해야 받을 수 있는 모델입니다.`,
    '모델 페이지에서 약관에 동의하고, 설정의 Access Tokens에서 만든 토큰을 HF_TOKEN에 넣으세요.',
  ],
  'bad-token': () => [
    '허브가 토큰을 받아들이지 않습니다.',
    '새 토큰을 만들어 HF_TOKEN에 넣으세요. 공개 모델이라면 HF_TOKEN을 비워 두어도 됩니다.',
  ],
  refused: (id) => [`허브가 ${id}을(를) 내주지 않습니다.`, '모델 페이지와 토큰의 권한을 확인하세요.'],
  connection: (host) => [
    `${host}에 연결할 수 없거나 연결이 끊겼습니다.`,
    `인터넷 연결을 확인하세요. ${again}`,
  ],
  busy: (host) => [`${host}가 지금은 요청을 받지 못합니다.`, again],
  protocol: (host) => [
    `${host}의 응답이 Hugging Face Hub의 것이 아닙니다.`,
    'HF_ENDPOINT를 확인하고, 프록시나 로그인 페이지가 끼어 있지 않은지 보세요.',
  ],
  'unknown-model': (id) => [
    `${id}은(는) 이 프로젝트가 쓸 수 있는 모델이 아닙니다.`,
    'Stable Diffusion 1.x나 텍스트 인코더(CLIP, RoBERTa)를 주세요. 파일 하나만 받으려면 --file을 쓰세요.',
  ],
  'unsafe-name': (name) => [
    `저장소에 안전하지 않은 파일 이름이 있습니다: ${name}`,
    '아무것도 쓰지 않았습니다. 이 저장소는 믿지 마세요.',
  ],
  corrupt: (path) => [
    `받은 ${path}의 내용이 허브의 체크섬과 달라 지웠습니다.`,
    '같은 명령을 다시 실행하세요. 되풀이되면 중간의 프록시나 미러가 파일을 바꾸고 있는 것입니다.',
  ],
  'in-the-way': (path) => [
    `${path} 자리에 다른 것이 있습니다.`,
    '다른 곳으로 옮기거나, --out으로 다른 폴더를 주세요.',
  ],
  'no-space': (folder) => [
    `디스크에 남은 공간이 모자랍니다: ${folder}`,
    '공간을 비우거나 --out으로 다른 디스크의 폴더를 주세요. 받은 데까지는 남아 있습니다.',
  ],
  'no-write': (path) => [
    `${path}에 쓸 수 없습니다.`,
    '폴더의 권한을 확인하거나 --out으로 다른 폴더를 주세요.',
  ],
};

/** A HubError in the language of the user; anything else as it is. */
export function inLanguage(error: unknown): unknown {
  if (!(error instanceof HubError)) return error;
  const { reason, subject, problem, remedy } = error;
  const [koreanProblem, koreanRemedy] = korean[reason](subject);
  return new HubError(reason, t(koreanProblem, problem), t(koreanRemedy, remedy), { cause: error, subject });
}
