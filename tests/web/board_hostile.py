"""Texts that strangers wrote stay texts: in every field of everything that the pages get."""

import json

import board_stage as stage
from board_stage import DEEPER, PAGES, BoardTest, open_page
from webdriver import eventually

HOSTILE = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>"\'`&lt;${7*7}'

# Every text of every answer, and the names of nodes, contexts and breakers, get markup at their
# ends; so do texts in the stream.
SPOIL = """
const HOSTILE = %s;
const NAMES = ['nodes', 'breakers', 'contexts', 'lanes', 'kinds'];
const spoil = (of, named) => {
  if (typeof of === 'string')
    return /^\\/|^(view|aggregates|up|silent)$/.test(of) ? of : of + HOSTILE;
  if (of === null || typeof of !== 'object') return of;
  if (Array.isArray(of)) return of.map((each) => spoil(each));
  return Object.fromEntries(Object.entries(of).map(([name, held]) =>
    [named ? name + HOSTILE : name, spoil(held, NAMES.includes(name))]));
};
const spoilStream = () => {
  let text = '';
  return new TransformStream({
    transform(piece, to) {
      const events = (text + piece).split('\\n\\n');
      text = events.pop();
      for (const each of events)
        to.enqueue(each.replace(/^data: (.*)$/m, (line, data) =>
          'data: ' + JSON.stringify(spoil(JSON.parse(data)))) + '\\n\\n');
    } });
};
const realFetch = window.fetch;
window.fetch = async (...asked) => {
  const answer = await realFetch(...asked);
  if (String(asked[0]) === '/troupe/stream')
    return new Response(answer.body.pipeThrough(new TextDecoderStream())
      .pipeThrough(spoilStream()).pipeThrough(new TextEncoderStream()));
  const body = await answer.json();
  if (String(asked[0]) === '/troupe/api') return new Response(JSON.stringify(body));
  return new Response(JSON.stringify(spoil(body)), { status: answer.status });
};
"""


class Hostile(BoardTest):
    def test_markup_in_every_field_is_shown_as_text_on_every_page(self):
        stage.browser.cdp("Page.enable")
        made = stage.browser.cdp("Page.addScriptToEvaluateOnNewDocument",
                                 source=SPOIL % json.dumps(HOSTILE))
        self.expected = ("status of 4",)  # names that were spoiled are asked for
        try:
            seen = 0
            for name in PAGES + DEEPER + ("nodes/n1" + HOSTILE,):
                with self.subTest(page=name):
                    open_page(name, "operate")
                    if name in ("overview", "nodes", "breakers", "views", "tree"):
                        eventually(lambda: HOSTILE in stage.browser.run(
                            "return document.querySelector('main').textContent"), "it is shown")
                        seen += 1
                    self.assertFalse(stage.browser.run("return Boolean(window.broken)"))
                    self.assertEqual(stage.browser.all("main img, main script, dialog img"), [])
            self.assertEqual(seen, 5)
        finally:
            stage.browser.cdp("Page.removeScriptToEvaluateOnNewDocument",
                              identifier=made["identifier"])

    def test_markup_in_the_address_is_not_taken_for_anything(self):
        self.expected = ("status of 4",)
        for name in (HOSTILE, f"nodes/{HOSTILE}", f"actors/{HOSTILE}/1", f"systems/{HOSTILE}",
                     "actors/taxi.call/-1", "systems/__proto__", "systems/constructor"):
            with self.subTest(page=name):
                open_page(name, "inspect")
                self.assertFalse(stage.browser.run("return Boolean(window.broken)"))
                self.assertEqual(stage.browser.all("main img, main script"), [])

    def test_the_policy_stops_what_is_inline_or_from_elsewhere(self):
        open_page("overview")
        stage.browser.run("""
            const add = (tag, set) => {
              document.body.append(Object.assign(document.createElement(tag), set));
            };
            document.querySelector('h1').innerHTML = '<img src=x onerror="window.broken=true">';
            add('script', { textContent: 'window.broken = 2' });
            add('style', { textContent: 'body { display: none }' });
            add('iframe', { src: '/' });
            fetch('http://127.0.0.1:9/').catch(() => {});""")
        def blocked():
            return {each["message"] for each in stage.browser.read_log()
                    if "Content Security Policy" in each["message"]}
        eventually(lambda: len(blocked()) >= 5, "five broken rules in the log")
        self.assertFalse(stage.browser.run("return Boolean(window.broken)"))
        self.expected = ("Content Security Policy", "status of 404", "Fetch API cannot load")
        open_page("overview")  # the resource that was refused belongs to the page before
