// Server-sent events by fetch: the browser's own EventSource cannot show a key.

/**
 * Reads a stream to its end; `handle` gets the name and the data of each event. Rejects with a
 * `status` if the gateway refuses it.
 */
export async function readEvents(path, headers, signal, handle) {
  const answer = await fetch(path, {
    headers: { Accept: 'text/event-stream', ...headers },
    cache: 'no-store',
    signal,
  });
  if (!answer.ok)
    throw Object.assign(new Error(`the gateway answered ${answer.status}`), {
      status: answer.status,
    });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (text + value).split('\n\n');
    text = events.pop();
    for (const each of events) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(each) ?? [];
      if (name) handle(name, JSON.parse(data));
    }
  }
}
