/**
 * Opens every door of the project on any Node >= 20: gets the pinned Node 24 into .tools when this Node is older,
 * installs the dependencies when they do not match package-lock.json, then runs a TypeScript entry on Node 24 with
 * its arguments, exit code and signals. Plain JavaScript, no dependencies: it runs before there are any.
 *
 * Usage: node scripts/bootstrap.mjs <entry.ts> [argument…]
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Oldest Node that runs the sources as they are. */
const nodeMajorMin = 24;
/** Fetched when this Node is older: the npm package `node` holds the binary for each platform. */
const pinnedNode = '24.21.0';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const say = (line) => process.stderr.write(`clientele: ${line}\n`);

/** Runs `entry` (a path inside the project) with `args` on Node 24; does not return to the caller's code. */
export function boot(entry, args) {
  const node = nodeBinary();
  const environment = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  installDependencies(environment);
  run(node, [join(root, entry), ...args], environment);
}

/** Path of a Node >= 24: this one, or the pinned one in .tools (fetched once). */
function nodeBinary() {
  if (major(process.versions.node) >= nodeMajorMin) return process.execPath;
  const home = join(root, '.tools');
  const node = join(home, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (versionOf(node) === pinnedNode) return node;
  say(`this is Node ${process.versions.node}; fetching Node ${pinnedNode} into .tools (once) …`);
  mkdirSync(home, { recursive: true });
  // npm 12 runs no install script that is not allowed by name; the package `node` puts its binary in place with one.
  writeFileSync(join(home, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }\n');
  npm(['install', '--prefix', home, '--no-save', '--no-audit', '--no-fund', `node@${pinnedNode}`], process.env);
  const fetched = versionOf(node);
  if (fetched !== pinnedNode) {
    fail(
      `the Node in .tools says ${fetched ?? 'nothing'}; delete .tools and try again, or install Node ${nodeMajorMin} yourself`,
    );
  }
  return node;
}

/** `npm ci` unless what npm last installed here is what package-lock.json asks for. */
function installDependencies(environment) {
  const difference = firstDifference();
  if (difference === undefined) return;
  say(`installing dependencies with npm ci (${difference}) …`);
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], environment);
}

/** Why node_modules is not what package-lock.json asks for; undefined when it is. npm notes what it installed there. */
function firstDifference() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return 'there are none yet';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    const found = installed[path]?.version;
    // Optional packages of other platforms are wanted by the lock and rightly absent.
    if (path === '' || found === version || (optional && found === undefined)) continue;
    return `${path.replace(/^node_modules\//, '')}: ${found ?? 'none'} is installed, the lock wants ${version}`;
  }
  return undefined;
}

/** Replaces this process where the system can; otherwise stands in front of the child and passes signals on. */
function run(node, args, environment) {
  if (process.platform !== 'win32' && typeof process.execve === 'function') {
    process.execve(node, [node, ...args], environment);
  }
  const child = spawn(node, args, { stdio: 'inherit', env: environment });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends its Ctrl-C to the child as well; twice would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once('error', (error) => fail(`${node} did not start: ${error.message}`));
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

function npm(args, environment) {
  // Under `npm run` the same npm is used, whatever is on the PATH.
  const script = process.env.npm_execpath;
  const [command, prefix] = script !== undefined && script.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
  const result = spawnSync(command, [...prefix, ...args], {
    cwd: root,
    // Standard output belongs to the entry: `clientele … --json` must stay readable on a first run too.
    stdio: ['ignore', 2, 2],
    env: environment,
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) fail(`npm ${args[0]} failed${result.error ? `: ${result.error.message}` : ''}`);
}

function versionOf(node) {
  if (!existsSync(node)) return undefined;
  const result = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim().replace(/^v/, '') : undefined;
}

function major(version) {
  return Number(version.split('.')[0]);
}

function fail(message) {
  say(message);
  process.exit(2);
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  const [entry, ...args] = process.argv.slice(2);
  if (entry === undefined) fail('usage: node scripts/bootstrap.mjs <entry.ts> [argument…]');
  boot(entry, args);
}
