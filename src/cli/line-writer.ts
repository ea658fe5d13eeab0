/** Many lines to a stream at the pace it takes them: a slow reader holds the writer back, not the memory. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Characters gathered before they are written. */
const chunkLength = 65_536;

export class LineWriter {
  private readonly stream: Writable;
  private readonly ownsStream: boolean;
  private gathered = '';
  private failure: Error | null = null;

  private constructor(stream: Writable, ownsStream: boolean) {
    this.stream = stream;
    this.ownsStream = ownsStream;
    stream.on('error', (error: Error) => {
      this.failure ??= error;
    });
  }

  /** Writes to a stream that stays open, such as stdout. */
  static to(stream: Writable): LineWriter {
    return new LineWriter(stream, false);
  }

  /** Writes a file anew. */
  static file(path: string): LineWriter {
    return new LineWriter(createWriteStream(path), true);
  }

  add(line: string): void {
    this.gathered += `${line}\n`;
  }

  /** True when `flush` is worth its while. */
  get isFull(): boolean {
    return this.gathered.length >= chunkLength;
  }

  /** Writes what was gathered and waits until there is room again. Rejects: the system's error. */
  async flush(): Promise<void> {
    this.assertWritable();
    const hasRoom = this.stream.write(this.gathered);
    this.gathered = '';
    if (!hasRoom) await once(this.stream, 'drain');
    this.assertWritable();
  }

  /** Writes the rest and closes what was opened here. Rejects: the system's error. */
  async close(): Promise<void> {
    await this.flush();
    if (!this.ownsStream) return;
    this.stream.end();
    await finished(this.stream);
  }

  private assertWritable(): void {
    if (this.failure !== null) throw this.failure;
  }
}
