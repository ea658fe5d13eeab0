/** The command line as a whole: which command, which words, which exit code. Nothing here reaches a broker. */
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { commands, runCommand } from '../../src/cli/dispatch.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import { packageVersion } from '../../src/cli/version.ts';
import { settings } from '../../src/settings.ts';

const directory = mkdtempSync(join(tmpdir(), 'clientele-cli-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function collector() {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const stdout = collector();
  const stderr = collector();
  const context = { stdout: stdout.stream, stderr: stderr.stream, env, cwd: directory, isTTY: false };
  const code = await runCommand(argv, context);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** Nothing listens there: a connection is refused at once. */
const nowhere = { KAFKA_BROKERS: '127.0.0.1:1', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' };

describe('runCommand', () => {
  it('lists every command with its summary, and the exit codes', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(exitCodes.done);
    for (const { name, summary } of commands) expect(stdout).toMatch(new RegExp(`  ${name} +${summary}`));
    expect(stdout).toContain('3 unavailable');
  });

  it('says the same on stderr and exits 2 without a command', async () => {
    const { code, stdout, stderr } = await run([]);
    expect([code, stdout]).toEqual([exitCodes.usage, '']);
    expect(stderr).toContain('clientele <command>');
  });

  it.each(['--version', '-v'])('prints the version for %s', async (option) => {
    expect(await run([option])).toEqual({ code: exitCodes.done, stdout: `${packageVersion()}\n`, stderr: '' });
  });

  it.each(commands.map(({ name }) => name))('gives %s a help with an example, by --help and by help', async (name) => {
    const { code, stdout } = await run([name, '--help']);
    expect(code).toBe(exitCodes.done);
    expect(stdout).toContain(`clientele ${name}`);
    expect(stdout).toMatch(/Examples?:\n/);
    expect((await run(['help', name])).stdout).toBe(stdout);
  });

  it('keeps the summaries of the list equal to those of the commands', async () => {
    for (const entry of commands)
      expect((await entry.load()).command).toMatchObject({ name: entry.name, summary: entry.summary });
  });

  it.each([
    [['imprt'], 'unknown command imprt. Did you mean import?'],
    [['--hepl'], 'unknown option --hepl. Did you mean --help?'],
    [['run', 'now'], 'run takes no argument'],
    [['run', '--accept-dead-letters', 'purchase'], 'unknown input purchase. Did you mean purchases?'],
    [['import', 'cdnow'], 'import needs a preset and one or more files'],
    [['import', 'cdnow', 'a.csv', '--curency', 'EUR'], 'Did you mean --currency?'],
    [['import', 'cdnow', 'a.csv', '--rate', '0'], '--rate 0 is not a whole number'],
    [['import', 'cdnwo', 'a.csv'], 'Did you mean cdnow?'],
    [['dlq'], 'dlq takes one of list, show, replay'],
    [['dlq', 'list', '0:1'], 'dlq list takes no id'],
    [['dlq', 'show', '0:1', '0:2'], 'dlq show takes one id'],
    [['dlq', 'show', '12'], '12 is no partition:offset'],
    [['dlq', 'replay'], 'dlq replay takes ids, --reason R or --all'],
    [['dlq', 'replay', '--all', '--reason', 'no_rate'], 'dlq replay takes ids, --reason R or --all'],
    [['dlq', 'list', '--reason', 'no_rat'], 'Did you mean no_rate?'],
    [['reset', '--to', 'latest'], '--input takes one of purchases, interactions, surveys'],
    [['reset', '--input', 'purchases'], '--to takes earliest, latest or an instant'],
    [['reset', '--input', 'purchases', '--to', 'now'], '--to now is not a date'],
    [['reset', '--input', 'purchases', '--to', 'latest', '--partition', 'x'], '--partition takes a number'],
  ])('exits 2 for %j and says what is wrong', async (argv, message) => {
    const { code, stdout, stderr } = await run(argv);
    expect([code, stdout]).toEqual([exitCodes.usage, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });

  it('exits 2 with every fault of the configuration', async () => {
    const { code, stderr } = await run(['run'], { CLIENTELE_HTTP: 'x' });
    expect(code).toBe(exitCodes.usage);
    for (const name of ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'CLIENTELE_HTTP']) expect(stderr).toContain(name);
  });

  it('exits 2 with every fault of the model file and its line', async () => {
    writeFileSync(join(directory, 'model.yaml'), 'revision: 1\ncurrency: XXZ\n');
    const { code, stderr } = await run(['run'], nowhere);
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toMatch(/model\.yaml:2: currency/);
    expect(stderr).toContain('horizonDays');
  });

  it('checks a model file: revision and hash, or every fault with its line and exit 2', async () => {
    const good = join(import.meta.dirname, '../../examples/cdnow/model.yaml');
    const checked = await run(['model', 'check', good]);
    expect([checked.code, checked.stderr]).toEqual([exitCodes.done, '']);
    expect(checked.stdout).toMatch(/model\.yaml: revision \d+, hash [0-9a-f]{32}, no fault\n$/);

    writeFileSync(join(directory, 'bad.yaml'), 'revision: 1\ncurrency: XXZ\n');
    const refused = await run(['model', 'check', 'bad.yaml', '--json']);
    expect(refused.code).toBe(exitCodes.usage);
    expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false });
    expect((await run(['model', 'check'], { CLIENTELE_MODEL: 'bad.yaml' })).stdout).toMatch(/bad\.yaml:2: currency/);
    expect((await run(['model', 'shwo'])).code).toBe(exitCodes.usage);
  });

  it('shows the effective model, which checks to the same hash', async () => {
    const demo = join(import.meta.dirname, '../../examples/cdnow/model.yaml');
    const hashOf = async (file: string) => /hash (\w+)/.exec((await run(['model', 'check', file])).stdout)?.[1];
    const shown = await run(['model', 'show', demo]);
    expect([shown.code, shown.stderr]).toEqual([exitCodes.done, '']);
    expect(shown.stdout).toContain('touchWindowDays: 7');
    writeFileSync(join(directory, 'shown.yaml'), shown.stdout);
    expect(await hashOf('shown.yaml')).toBe(await hashOf(demo));
    expect(JSON.parse((await run(['model', 'show', demo, '--json'])).stdout)).toMatchObject({ touchWindowDays: 7 });
    expect((await run(['model', 'show', 'absent.yaml'])).code).toBe(exitCodes.usage);
  });

  it('compares two model files, and exits 1 when a difference has no higher revision', async () => {
    const demo = join(import.meta.dirname, '../../examples/cdnow/model.yaml');
    const text = readFileSync(demo, 'utf8');
    writeFileSync(join(directory, 'same.yaml'), `${text}touchWindowDays: 7\n`);
    const same = await run(['model', 'diff', demo, 'same.yaml']);
    expect(same).toEqual({ code: exitCodes.done, stdout: '0 differences, revision 1 → 1\n', stderr: '' });
    writeFileSync(join(directory, 'other.yaml'), `${text}touchWindowDays: 14\n`);
    const other = await run(['model', 'diff', demo, 'other.yaml']);
    expect(other.code).toBe(exitCodes.failed);
    expect(other.stdout).toContain('touchWindowDays: 7 → 14\n1 difference, revision 1 → 1; give the second file');
    const json = await run(['model', 'diff', demo, 'other.yaml', '--json']);
    expect(JSON.parse(json.stdout)).toEqual({
      revisionBefore: 1,
      revisionAfter: 1,
      differences: [{ path: 'touchWindowDays', before: 7, after: 14 }],
      needsRevision: true,
    });
    expect((await run(['model', 'diff', demo])).code).toBe(exitCodes.usage);
  });

  it('tells warnings of a model file on the way', async () => {
    const text = readFileSync(join(import.meta.dirname, '../../examples/cdnow/model.yaml'), 'utf8');
    writeFileSync(join(directory, 'warned.yaml'), text.replace('a: 0.891', 'a: 0.0001'));
    const checked = await run(['model', 'check', 'warned.yaml']);
    expect(checked.code).toBe(exitCodes.done);
    expect(checked.stdout).toMatch(/^warning: .*warned\.yaml:\d+: purchase is a degenerate fit.*\n.*no fault\n$/);
    expect((await run(['model', 'show', 'warned.yaml'])).stderr).toMatch(/^warning: /);
  });

  it('exits 3 when nothing answers at the brokers', async () => {
    const model = readFileSync(join(import.meta.dirname, '../../examples/cdnow/model.yaml'), 'utf8');
    writeFileSync(join(directory, 'good.yaml'), model);
    const env = {
      ...nowhere,
      CLIENTELE_MODEL: 'good.yaml',
      CLIENTELE_HTTP: '127.0.0.1:0',
      CLIENTELE_API: '127.0.0.1:0',
      CLIENTELE_START_DEADLINE_MS: '0',
      CLIENTELE_LOG_LEVEL: 'error',
    };
    const { code, stdout, stderr } = await run(['run'], env);
    expect([code, stdout]).toEqual([exitCodes.unavailable, '']);
    expect(stderr).toMatch(/gave up waiting/);
  });

  it('exits 1 when a file cannot be read', async () => {
    const { code, stderr } = await run(['import', 'cdnow', 'absent.csv'], nowhere);
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toMatch(/ENOENT.*absent\.csv/);
  });

  it('exits 1 when no row of a file is an event', async () => {
    writeFileSync(join(directory, 'none.csv'), 'customer_id,date,quantity,amount_usd\n,1997-01-01,1,1\n');
    const { code, stderr } = await run(['import', 'cdnow', 'none.csv'], nowhere);
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toContain('no event in 1 rows; row 1: customerId is empty');
  });

  it('exits 4 under --strict when a row is refused, writes nothing and names the rows', async () => {
    writeFileSync(
      join(directory, 'one.csv'),
      'customer_id,date,quantity,amount_usd\n1,1997-01-01,1,1\n,1997-01-01,1,1\n',
    );
    const { code, stdout } = await run(
      ['import', 'cdnow', 'one.csv', '--strict', '--json', '--refused', 'refused.csv'],
      nowhere,
    );
    expect(code).toBe(exitCodes.refused);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 2,
      written: 0,
      refused: 1,
      reasons: { 'customerId is empty': 1 },
    });
    expect(readFileSync(join(directory, 'refused.csv'), 'utf8')).toBe(
      `file,row,reason\n"${join(directory, 'one.csv')}",2,"customerId is empty"\n`,
    );
  });
});

describe('settingsTable in the help of run', () => {
  it('shows every setting', async () => {
    const { stdout } = await run(['run', '--help']);
    for (const { name } of Object.values(settings)) expect(stdout).toContain(name);
  });
});
