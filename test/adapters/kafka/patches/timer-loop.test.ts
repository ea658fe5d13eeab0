/** Timers of an idle connection. */
import { describe, expect, it } from 'vitest';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { timerLoop } from '../../../../src/adapters/kafka/patches/timer-loop.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

interface Queue {
  throttledUntil: number;
  readonly pending: unknown[];
  throttleCheckTimeoutId: unknown;
  push(request: object): void;
  fulfillRequest(response: object): void;
  checkPendingRequests(): void;
  destroy(): void;
}

function createQueue(source: KafkajsSource): Queue {
  const RequestQueue = source.load('network/requestQueue/index') as new (options: object) => Queue;
  const logger = { debug: () => undefined, warn: () => undefined };
  return new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1_000, clientId: 'c', broker: 'b', logger });
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  timerLoop.install(source);
  return source;
}

/** A request, and how often it was sent. */
function request(correlationId: number): { entry: object; sent: number; sendRequest(): void; expectResponse: boolean } {
  return {
    entry: { correlationId, resolve: () => undefined, reject: () => undefined },
    sent: 0,
    expectResponse: true,
    sendRequest() {
      this.sent += 1;
    },
  };
}

describe('timerLoop', () => {
  it('arms nothing while nothing is pending, where stock re-arms for ever', async () => {
    const counts: number[] = [];
    for (const queue of [createQueue(freshKafkajs()), createQueue(patched())]) {
      let checks = 0;
      const stock = queue.checkPendingRequests.bind(queue);
      queue.checkPendingRequests = () => {
        checks += 1;
        stock();
      };
      queue.checkPendingRequests();
      await new Promise((resolve) => setTimeout(resolve, 500));
      queue.destroy();
      counts.push(checks);
    }
    expect(counts[0]).toBeGreaterThan(10);
    expect(counts[1]).toBe(1);
  });

  it('sends what waited for a free place as soon as there is one', () => {
    const queue = createQueue(patched());
    const [first, second] = [request(1), request(2)];
    queue.push(first);
    queue.push(second);
    expect([first.sent, second.sent]).toEqual([1, 0]);
    queue.fulfillRequest({ correlationId: 1, payload: {}, size: 0 });
    expect(second.sent).toBe(1);
    queue.destroy();
  });

  it('sends what a throttle held back when the throttle ends', async () => {
    const queue = createQueue(patched());
    queue.throttledUntil = Date.now() + 30;
    const held = request(1);
    queue.push(held);
    expect(held.sent).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(held.sent).toBe(1);
    queue.destroy();
  });
});
