/**
 * Kafka and Apicurio as jars from Maven Central, kept in a per-user cache between runs.
 *
 * J1 A directory in the cache is complete or absent: everything is made beside it and renamed.
 * J2 Two processes that need the same directory do the work once: a lock directory names its owner's pid.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from './run-command.ts';
import { ProviderMissingError } from './types.ts';
import { apicurioVersion, javaMajorMin, kafkaVersion, slf4jVersion } from './versions.ts';

type Log = (line: string) => void;

/** Part of each directory's name; raise it when the way it is made changes. */
const recipe = 'r1';
/** A cold download of 150 MB on a slow line; longer means it hangs. */
const downloadMsMax = 900_000;

const installHint = `Debian/Ubuntu: apt-get install -y openjdk-17-jre-headless maven; macOS: brew install openjdk@17 maven`;

/** `CLIENTELE_CACHE_DIR`, else `$XDG_CACHE_HOME/clientele`, else `~/.cache/clientele`. */
export function cacheDir(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment['CLIENTELE_CACHE_DIR'];
  if (own !== undefined && own !== '') return own;
  const xdg = environment['XDG_CACHE_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'clientele');
}

/** The `java` command. Throws: ProviderMissingError when there is none or it is older than 17. */
export async function findJava(): Promise<string> {
  const home = process.env['JAVA_HOME'];
  const command = home !== undefined && existsSync(join(home, 'bin', 'java')) ? join(home, 'bin', 'java') : 'java';
  const result = await runCommand(command, ['-version']).catch(() => null);
  const major = /version "(\d+)/.exec(result?.stderr ?? '')?.[1];
  if (major === undefined) throw new ProviderMissingError(`no Java found (${javaMajorMin} or newer; ${installHint})`);
  if (Number(major) < javaMajorMin) {
    throw new ProviderMissingError(`Java ${major} is too old (${javaMajorMin} or newer; ${installHint})`);
  }
  return command;
}

/** Makes `<cache>/<name>` with `make` unless it is there; one process at a time (J1, J2). */
export async function cached(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const root = cacheDir();
  const target = join(root, `${name}-${recipe}`);
  const lock = `${target}.lock`;
  await mkdir(root, { recursive: true });
  while (!existsSync(target)) {
    if (!(await takeLock(lock))) {
      await sleep(200);
      continue;
    }
    const draft = await mkdtemp(`${target}.draft-`);
    try {
      if (!existsSync(target)) {
        await make(draft);
        await rename(draft, target);
      }
    } finally {
      await rm(draft, { recursive: true, force: true });
      await rm(lock, { recursive: true, force: true });
    }
  }
  return target;
}

/** Takes the lock, or answers false; a lock whose owner is gone is removed first. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    await writeFile(join(lock, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const owner = Number(await readFile(join(lock, 'pid'), 'utf8').catch(() => ''));
  const made = await stat(lock).catch(() => null);
  // Between mkdir and the pid's arrival the lock has no owner; ten seconds is plenty for that.
  const isAbandoned = owner > 0 ? !isAlive(owner) : made !== null && Date.now() - made.mtimeMs > 10_000;
  if (isAbandoned) await rm(lock, { recursive: true, force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Directory with the broker's and the tools' jars. */
export function kafkaJars(log: Log): Promise<string> {
  return cached(`kafka-${kafkaVersion}`, async (directory) => {
    const pom = join(directory, 'pom.xml');
    await writeFile(pom, kafkaPom());
    await maven(log, `Kafka ${kafkaVersion}`, '44 MB', [
      ...['-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${directory}`],
    ]);
  });
}

/** The registry's runnable jar. */
export async function apicurioJar(log: Log): Promise<string> {
  const directory = await cached(`apicurio-${apicurioVersion}`, async (draft) => {
    const artifact = `io.apicurio:apicurio-registry-app:${apicurioVersion}:tar.gz:all`;
    await maven(log, `Apicurio Registry ${apicurioVersion}`, '109 MB', [
      // `copy` takes the file alone; resolving its pom fails because a parent was never published.
      ...['dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${draft}`],
    ]);
    const archive = (await readdir(draft)).find((file) => file.endsWith('.tar.gz'));
    if (archive === undefined) throw new Error('Maven left no Apicurio archive');
    const unpacked = await runCommand('tar', ['-xzf', join(draft, archive), '-C', draft], { timeoutMs: downloadMsMax });
    if (unpacked.code !== 0) throw new Error(`tar could not unpack Apicurio: ${unpacked.stderr}`);
    await rm(join(draft, archive));
  });
  const jar = (await readdir(directory)).find((file) => file.endsWith('-runner.jar'));
  if (jar === undefined) throw new Error(`no runner jar in ${directory}: delete that directory and try again`);
  return join(directory, jar);
}

async function maven(log: Log, what: string, size: string, args: readonly string[]): Promise<void> {
  const command = process.platform === 'win32' ? 'mvn.cmd' : 'mvn';
  if ((await runCommand(command, ['-v']).catch(() => null))?.code !== 0) {
    throw new ProviderMissingError(`no Maven found, needed once to fetch ${what} (${installHint})`);
  }
  log(`${what}: downloading about ${size} from Maven Central (once) …`);
  const started = Date.now();
  const result = await runCommand(command, ['-q', '-B', ...args], { timeoutMs: downloadMsMax });
  if (result.code !== 0) {
    throw new ProviderMissingError(
      `Maven could not fetch ${what}: ${(result.stdout + result.stderr).trim().slice(0, 600)}`,
    );
  }
  log(`${what}: downloaded in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function kafkaPom(): string {
  const dependency = (group: string, artifact: string, version: string, alone = false): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>` +
    (alone ? '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>' : '') +
    '</dependency>';
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>clientele</groupId><artifactId>local-stack</artifactId><version>1</version><dependencies>',
    dependency('org.apache.kafka', 'kafka_2.13', kafkaVersion),
    // The tools' own tree (Connect and more) is not needed for the tools used here.
    dependency('org.apache.kafka', 'kafka-tools', kafkaVersion, true),
    dependency('org.slf4j', 'slf4j-simple', slf4jVersion),
    '</dependencies></project>',
  ].join('\n');
}
