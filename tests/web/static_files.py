"""The pages as files and as answers: what can be said without a browser."""

import re
import unittest
from html.parser import HTMLParser

import stage


class Outline(HTMLParser):
    """What a page consists of."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def fetch(name, **headers):
    return stage.served.ask("GET", f"/{stage.SYSTEM}/html/{name}", headers=headers)


class Pages(unittest.TestCase):
    def outlines(self):
        for name in stage.PAGES:
            status, _, text = fetch(f"{name}.html")
            with self.subTest(page=name):
                self.assertEqual(status, 200)
                yield name, text, Outline(text)

    def test_have_language_title_heading_and_landmarks(self):
        for name, text, outline in self.outlines():
            self.assertEqual(outline.all("html"), [{"lang": "en"}])
            self.assertIn("<title>", text)
            for tag in ("h1", "main", "header", "nav"):
                self.assertEqual(len(outline.all(tag)), 1, tag)
            ids = [each["id"] for _, each in outline.tags if "id" in each]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertEqual(outline.all("a")[0]["href"], "#content")

    def test_have_the_same_navigation_and_mark_where_they_are(self):
        seen = set()
        for name, text, _ in self.outlines():
            navigation = re.search(r"<header>.*?</header>", text, re.DOTALL)[0]
            here = re.findall(r'href="(\w+)\.html" aria-current="page"', navigation)
            self.assertEqual(here, [name] if name in stage.LISTS else [])
            seen.add(navigation.replace(' aria-current="page"', ""))
        self.assertEqual(len(seen), 1)

    def test_have_a_label_for_every_field(self):
        for _, _, outline in self.outlines():
            labelled = {each.get("for") for each in outline.all("label")}
            for tag in ("input", "textarea", "select"):
                for field in outline.all(tag):
                    inside_label = field.get("type") in ("radio", "checkbox")
                    self.assertTrue(inside_label or field.get("id") in labelled, field)

    def test_have_nothing_inline_and_load_only_what_is_there(self):
        for _, text, outline in self.outlines():
            self.assertNotRegex(text, r"<style|javascript:|<script(?![^>]*\bsrc=)")
            for tag, attributes in outline.tags:
                self.assertFalse([each for each in attributes if each.startswith("on")], tag)
                self.assertNotIn("style", attributes, tag)
                wanted = attributes.get("src") or attributes.get("href") or "#"
                if not wanted.startswith("#"):
                    self.assertEqual(fetch(wanted)[0], 200, wanted)


class Scripts(unittest.TestCase):
    def test_never_make_markup_of_texts(self):
        queue, seen = [f"{name}.js" for name in stage.PAGES if name != "index"], set()
        while queue:
            name = queue.pop()
            if name in seen:
                continue
            seen.add(name)
            status, headers, text = fetch(name)
            self.assertEqual((status, headers["Content-Type"]),
                             (200, "text/javascript; charset=utf-8"), name)
            self.assertNotRegex(text, r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b"
                                      r"|new Function|DOMParser|createContextualFragment", name)
            folder = name.rpartition("/")[0]
            for found in re.findall(r"from '\./([^']+)'", text):
                queue.append(f"{folder}/{found}" if folder else found)
        self.assertGreater(len(seen), 10)


class Answers(unittest.TestCase):
    def test_carry_a_strict_policy_and_a_tag(self):
        _, headers, _ = fetch("rooms.html")
        policy = headers["Content-Security-Policy"]
        self.assertTrue(policy.startswith("default-src 'none';"), policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(headers["Cache-Control"], "no-cache")
        self.assertEqual(fetch("rooms.html", **{"If-None-Match": headers["ETag"]})[0], 304)

    def test_refuse_what_is_no_page_and_no_reading(self):
        for path in ("none.html", "../../../README.md", "..%2f..%2f..%2fREADME.md", "%2e%2e/x"):
            self.assertIn(fetch(path)[0], (400, 404), path)
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            status, headers, _ = stage.served.ask(method, f"/{stage.SYSTEM}/html/index.html")
            self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"), method)
        moved = stage.served.ask("GET", f"/{stage.SYSTEM}/html")
        self.assertEqual((moved[0], moved[1]["Location"]), (308, f"/{stage.SYSTEM}/html/"))
