/**
 * Installs the Debian packages that some tests need, where the machine is a Debian, we may (root), and they are missing.
 * Never fails: tests that miss theirs skip, and say so.
 *
 *   node scripts/debian-packages.mjs      part of `npm test`; does nothing the second time
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Each with the tests that need it. */
const packages = [
  // Browsers; SwiftShader, the WebGPU device without hardware.
  'chromium',
  // Several servers that share their work.
  'redis-server',
  // Training in several processes.
  'openmpi-bin',
];

const minute = 60_000;

/** Remembers that it did not work, so that the next run need not wait for it again. */
const failedBefore = join(tmpdir(), `ksd-debian-packages-${process.getuid?.()}`);

function isDebian() {
  return existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg', ['--status', name], { encoding: 'utf8' });
  return /^Status: install ok installed$/m.test(stdout ?? '');
}

/** Does it succeed? */
function apt(...args) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Run level 1: servers are installed, but not started.
  const options = { env: { ...environment, RUNLEVEL: '1' }, stdio: 'ignore', timeout: 10 * minute };
  return spawnSync('apt-get', ['-qq', '-y', ...args], options).status === 0;
}

const missing = isDebian() && process.getuid?.() === 0 ? packages.filter((name) => !isInstalled(name)) : [];
if (missing.length > 0 && !existsSync(failedBefore)) {
  console.error(`Installing for the tests: ${missing.join(' ')}`);
  const install = () => apt('install', '--no-install-recommends', ...missing);
  if (!install() && !(apt('update') && install())) {
    console.error(`That failed; tests that need them are skipped. To try again, delete ${failedBefore}`);
    writeFileSync(failedBefore, '');
  }
}
