/** Share of rejections among the newest records of each input: the stop rule of design section 4. */
import { inputNames, type InputName } from './ports.ts';

/** Records looked back on. */
const windowRecords = 1_000;
/** Fewer records than this never stop a task: a handful of bad records is no broken producer. */
const minRecords = 100;
const maxShare = 0.5;

class Window {
  private readonly ring = new Uint8Array(windowRecords);
  private at = 0;
  count = 0;
  rejected = 0;

  note(rejected: boolean): void {
    if (this.count === windowRecords) this.rejected -= this.ring[this.at] ?? 0;
    else this.count += 1;
    this.ring[this.at] = rejected ? 1 : 0;
    this.rejected += rejected ? 1 : 0;
    this.at = (this.at + 1) % windowRecords;
  }
}

export class RejectionWatch {
  private readonly windows = new Map<InputName, Window>(inputNames.map((name) => [name, new Window()]));

  note(input: InputName, rejected: boolean): void {
    this.windows.get(input)?.note(rejected);
  }

  /** True once at least half of the last 1,000 records (at least 100) of the input were rejected. */
  tripped(input: InputName): boolean {
    const window = this.windows.get(input);
    return window !== undefined && window.count >= minRecords && window.rejected >= window.count * maxShare;
  }

  /** "612 of the last 1000 records", for people. */
  describe(input: InputName): string {
    const window = this.windows.get(input);
    return `${window?.rejected ?? 0} of the last ${window?.count ?? 0} records`;
  }
}
