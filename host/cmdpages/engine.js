// What runs in the CMD page, in an isolated world that the page's own scripts can't reach: it recognises the page by the
// data of pages.yaml, finds its elements, and waits for the next known page in one promise. It changes nothing that the page shows, but for choose.
globalThis.cmdsign ??= (() => {
	const config = __CONFIG__;
	const MAX_TEXT = 200_000;
	const LATE = 20_000; // ms from usable to taken as complete: a picture, or a preview of the document, may hang

	const plain = (s) => (s ?? "").normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/\s+/g, " ").trim().toLowerCase();
	const label = (s) => plain(s).replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
	const visible = (el) => el.isConnected && el.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}) &&
		el.getClientRects().length > 0;
	const usable = (el, locator) => !el.disabled && (locator.hidden || visible(el));

	const BUTTONS = "button, input[type=submit], input[type=button], input[type=image], a[href], [role=button]";
	const readName = (el) => label(el.innerText || el.value || el.getAttribute("aria-label") || el.title || el.alt);
	// A look compares the same buttons with each page that there is: while it lasts, each is read once.
	let read = null;
	const buttons = () => read ? read.buttons ??= all(BUTTONS) : all(BUTTONS);
	function nameOf(el) {
		if (!read) return readName(el);
		if (!read.names.has(el)) read.names.set(el, readName(el));
		return read.names.get(el);
	}
	const all = (css) => { try { return [...document.querySelectorAll(css)]; } catch { return []; } };

	// find gives the first usable element of a locator; its kinds are tried in order of how sure they are.
	function find(locator) {
		const ways = [
			() => (locator.ids ?? []).map((id) => document.getElementById(id)),
			() => (locator.css ?? []).flatMap(all),
			() => (locator.labels ?? []).flatMap(byLabel),
			() => (locator.buttons ?? []).flatMap((text) => buttons().filter((el) => nameOf(el) === label(text))),
		];
		for (const way of ways)
			for (const el of way()) if (el && usable(el, locator)) return el;
		return null;
	}

	function byLabel(text) {
		const want = label(text);
		const fields = all("input:not([type=hidden]):not([type=submit]):not([type=button]), select, textarea");
		return fields.filter((el) =>
			[...(el.labels ?? [])].some((l) => label(l.innerText).startsWith(want)) ||
			label(el.getAttribute("aria-label")).startsWith(want) || label(el.placeholder).startsWith(want));
	}

	// selectorOf gives a CSS selector that finds just this element again.
	function selectorOf(el) {
		if (el.id && document.querySelectorAll("#" + CSS.escape(el.id)).length === 1) return "#" + CSS.escape(el.id);
		const parts = [];
		for (; el && el !== document.documentElement; el = el.parentElement) {
			const nth = [...el.parentElement.children].indexOf(el) + 1;
			parts.unshift(`${el.localName}:nth-child(${nth})`);
		}
		return ["html", ...parts].join(" > ");
	}

	function evidence(page, text) {
		const e = page.evidence, kinds = [];
		if ((e.absent ?? []).some((id) => document.getElementById(id))) return [];
		if ((e.path ?? []).some((p) => location.pathname.toLowerCase().includes(p.toLowerCase()))) kinds.push("path");
		if ((e.ids ?? []).some((id) => document.getElementById(id))) kinds.push("ids");
		if ((e.css ?? []).some((css) => all(css).length > 0)) kinds.push("css");
		if ((e.texts ?? []).some((t) => text.includes(plain(t)))) kinds.push("texts");
		if ((e.buttons ?? []).length) {
			const wanted = e.buttons.map(label);
			if (buttons().some((el) => wanted.includes(nameOf(el)) && visible(el))) kinds.push("buttons");
		}
		return kinds;
	}

	const errorLabels = () => config.errors.flatMap((locator) => [
		...(locator.ids ?? []).map((id) => document.getElementById(id)).filter(Boolean), ...(locator.css ?? []).flatMap(all)]);

	function errors() {
		const texts = errorLabels().filter(visible).map((el) => el.innerText.replace(/\s+/g, " ").trim()).filter(Boolean);
		return [...new Set(texts)].slice(0, 5).map((t) => t.slice(0, 500));
	}

	function overlay() {
		for (const o of config.overlays)
			for (const box of (o.within ?? []).flatMap(all).filter(visible))
				for (const text of o.buttons ?? []) {
					const el = [...box.querySelectorAll(BUTTONS)].find((b) => nameOf(b) === label(text) && visible(b));
					if (el) return selectorOf(el);
				}
		return "";
	}

	// The status of the HTTP answer, 0 where the browser doesn't tell.
	const status = () => performance.getEntriesByType("navigation")[0]?.responseStatus ?? 0;
	const ready = () => loaded || (document.readyState === "interactive" && slow);
	let slow = false; // the document is usable, and some picture of it hangs

	// A page's scripts may finish it when it has loaded, and "complete" comes before they run: it has loaded once they have.
	let loaded = document.readyState === "complete" && performance.getEntriesByType("navigation")[0]?.loadEventEnd !== 0;
	const atLoad = new Set();
	window.addEventListener("load", () => soon(() => { loaded = true; atLoad.forEach((look) => look()); }), {once: true});

	// soon is a turn later. A timer would be kept back in a tab that nobody sees.
	function soon(then) {
		const {port1, port2} = new MessageChannel();
		port1.onmessage = () => { port1.close(); then(); };
		port2.postMessage("");
	}

	// see says what page this is, with its outline.
	const see = () => outlined(recognise());
	function outlined(seen) {
		try { seen.outline = outline(); } catch { /* it's for repair only */ }
		return seen;
	}

	// recognise finds the page with most kinds of evidence, of those whose elements are all there.
	function recognise() {
		read = {names: new Map()};
		try { return recognised(document.body?.innerText ?? ""); } finally { read = null; }
	}

	function recognised(written) {
		const text = plain(written.slice(0, MAX_TEXT));
		const scores = {};
		let best = null;
		for (const page of config.pages) {
			const kinds = evidence(page, text);
			if (!kinds.length) continue;
			scores[page.name] = kinds;
			if (kinds.length < page.need) continue;
			const elements = {}, missing = [];
			for (const [role, locator] of Object.entries(page.elements ?? {})) {
				const el = find(locator);
				if (el) elements[role] = selectorOf(el);
				else if (!locator.optional) missing.push(role);
			}
			const rank = kinds.length - missing.length * 10;
			if (!best || rank > best.rank) best = {page: page.name, rank, elements, missing};
		}
		const page = best && config.pages.find((p) => p.name === best.page);
		let shown = "";
		for (const pattern of page?.reference ?? []) {
			const found = written.match(new RegExp(pattern, "iu"));
			if (found) { shown = (found[1] ?? found[0]).slice(0, 80); break; }
		}
		return {
			page: best?.page ?? "", elements: best?.elements ?? {}, missing: best?.missing ?? [], scores, errors: errors(),
			overlay: overlay(), reference: shown, approval: (page?.approval ?? []).some((t) => text.includes(plain(t))), title: document.title.slice(0, 200), host: location.host, path: location.pathname, status: status(),
			origin: location.origin, ticks, text: best ? "" : text.slice(0, 2000),
		};
	}

	// ticks counts changes of the error labels: a page that answers in place with the same words has answered all the same.
	let ticks = 0;
	const watch = {subtree: true, childList: true, characterData: true, attributes: true,
		attributeFilter: ["class", "style", "hidden", "disabled", "src", "value", "aria-hidden"]};
	new MutationObserver((changes) => {
		const labels = errorLabels();
		if (changes.some((c) => labels.some((el) => el.contains(c.target)))) ticks++;
	}).observe(document, watch);

	// wait resolves with what is seen as soon as it's worth acting on: a known page with all its elements, an overlay in the
	// way, or (after unknownAfter ms, if that isn't 0) whatever there is. With since it waits for another page than that, or
	// for an answer in place. A tab that nobody sees draws nothing and keeps timers back, by which a page may finish itself or
	// answer: where there's something to wait for, unless it's awake, that is said first.
	const DOZE = 2000; // ms; a page on its way takes that long without there being anything to wait for
	function wait({since, unknownAfter, outlines, press = {}, origins = [], awake = false}) {
		return new Promise((resolve) => {
			let expired = false, unknownTimer = 0, lateTimer = 0, dozeTimer = 0, cost = 0, last = 0;
			const observer = new MutationObserver(() => check());
			let over = false;
			const done = (seen) => {
				if (over) return;
				over = true;
				observer.disconnect();
				clearTimeout(unknownTimer);
				clearTimeout(lateTimer);
				clearInterval(dozeTimer);
				if (seen.asleep) return resolve(seen);
				// The outline is for repair, and can wait for what the site is asked already.
				if (seen.pressed) document.querySelector(seen.elements[press[seen.page]]).click();
				resolve(outlines ? outlined(seen) : seen);
			};
			const pressable = (seen) => !seen.errors.length && !seen.overlay && origins.includes(location.origin) &&
				press[seen.page] in seen.elements;
			const asleep = () => document.hidden && !awake && location.href !== "about:blank";
			// A page's scripts often finish it on load only, so a page that hangs short of it is given a long time.
			const arm = () => {
				if (!lateTimer && !ready()) lateTimer = setTimeout(() => { slow = true; check(true); }, LATE);
				// An empty tab is no page of the site's: its first one is still on its way.
				if (!unknownTimer && unknownAfter && ready() && location.href !== "about:blank") unknownTimer = setTimeout(() => { expired = true; check(true); }, status() < 500 ? unknownAfter : Math.min(unknownAfter, 500));
			};
			function check(force) {
				if (over || document.readyState === "loading") return;
				arm();
				if (!ready()) return;
				const now = performance.now();
				// A page that never stops changing must not make us look all the time.
				if (!force && now - last < cost * 4) { setTimeout(() => check(true), cost * 4 + 1); return; }
				const seen = recognise();
				last = performance.now();
				cost = last - now;
				// A page that was known but for an element is news once it has it.
				const whole = since?.missing?.length && !seen.missing.length;
				if (since && seen.page === since.page && !whole) {
					const answered = seen.ticks !== since.ticks || seen.errors.join() !== (since.errors ?? []).join();
					if (answered && seen.errors.length) return done(seen);
					return;
				}
				if (seen.overlay && !since) return done(seen);
				if (seen.page && !seen.missing.length) return done({...seen, pressed: pressable(seen)});
				if (expired) return done(seen);
				if (asleep()) return done({asleep: true});
			}
			if (location.protocol === "chrome-error:") return done({unreachable: true});
			observer.observe(document, watch);
			document.addEventListener("readystatechange", () => check(true));
			atLoad.add(() => check(true));
			// The person may have been looking at it, and look elsewhere now.
			if (since && !awake) dozeTimer = setInterval(() => { if (asleep()) done({asleep: true}); }, DOZE);
			check(true);
		});
	}

	// choose sets what the person asked for of a visible signature, and gives the roles of what can't be set: choices are {role,
	// words, number}, in order; one without words is a box to be ticked. A choice may bring up the next, or undo one: all is set
	// when a look finds that there is nothing left to do.
	const CHOOSING = 4000, SETTLING = 250; // ms
	async function choose({page, choices}) {
		const elements = config.pages.find((p) => p.name === page)?.elements ?? {};
		const end = performance.now() + CHOOSING, acts = {};
		for (;;) {
			const open = [];
			let acted = false;
			for (const {role, words, number} of choices) {
				const set = words ? setting(elements[role] ?? {}, words.map(label), number) : ticking(elements[role] ?? {});
				if (set?.is) continue;
				if (!set || (acts[role] ?? 0) >= 3) { open.push(role); continue; }
				acts[role] = (acts[role] ?? 0) + 1;
				acted = true;
				set.act();
			}
			if (!acted && (!open.length || performance.now() > end)) return open;
			await new Promise((done) => setTimeout(done, SETTLING));
		}
	}

	// Boxes and radio buttons are often drawn by their label, with the real one hidden behind it.
	const shown = (el) => !el.disabled && (visible(el) || [...(el.labels ?? [])].some(visible));
	const BOXES = "input[type=checkbox], [role=checkbox], [role=switch]", RADIOS = "input[type=radio], [role=radio]";
	// A label that holds its list holds the list's texts too.
	const own = (el) => (l) => [...l.childNodes].filter((n) => !n.contains(el)).map((n) => n.textContent).join(" ");
	const namesOf = (el) => [...[...(el.labels ?? [])].map(own(el)), el.getAttribute("aria-label"), el.matches("input, select") ? "" : el.innerText]
		.map(label).filter(Boolean);
	const ticked = (el) => el.matches("input") ? el.checked : el.getAttribute("aria-checked") === "true";
	const tick = (el) => ({is: ticked(el), act: () => el.click()});

	// named gives what a locator may mean, by whichever of its kinds; a label is the whole name here.
	const named = (locator, css) => [
		...(locator.ids ?? []).map((id) => document.getElementById(id)).filter(Boolean), ...(locator.css ?? []).flatMap(all),
		...(locator.labels ?? []).flatMap((text) => all(css).filter((el) => namesOf(el).includes(label(text)))),
	];

	function ticking(locator) {
		const el = named(locator, `${BOXES}, ${RADIOS}`).find((el) => el.matches(`${BOXES}, ${RADIOS}`) && shown(el));
		return el && tick(el);
	}

	const GROUPS = "fieldset, [role=radiogroup], [role=group]";
	const groupName = (el) => label(el.querySelector(":scope > legend")?.innerText ?? el.getAttribute("aria-label") ??
		document.getElementById(el.getAttribute("aria-labelledby"))?.innerText);

	// setting finds a list, a field for a number or a group of radio buttons that takes what is wanted.
	function setting(locator, words, number) {
		const groups = (locator.labels ?? []).flatMap((text) => all(GROUPS).filter((el) => groupName(el) === label(text)));
		for (const el of [...named(locator, "select, input"), ...groups]) {
			if (el.matches("select")) {
				const option = [...el.options].find((o) => words.includes(label(o.text)) && !o.disabled);
				if (option && usable(el, {})) return {is: option.selected, act: () => { option.selected = true; tell(el); }};
			} else if (el.matches("input:not([type]), input[type=text], input[type=number], input[type=tel]")) {
				if (number && usable(el, {})) return {is: el.value === number, act: () => { el.value = number; tell(el); }};
			} else if (!el.matches("input")) {
				const radio = [...el.querySelectorAll(RADIOS)].find((r) => shown(r) && namesOf(r).some((name) => words.includes(name)));
				if (radio) return tick(radio);
			}
		}
	}

	const tell = (el) => ["input", "change"].forEach((kind) => el.dispatchEvent(new Event(kind, {bubbles: true})));

	// mask hides what a screenshot must not show, without changing the page's own content: fields become dots, and every run
	// of six or more digits (a phone, a code, a civil number) is painted over. unmask takes it back.
	const sheet = new CSSStyleSheet();
	sheet.replaceSync(`input:not([type=submit]):not([type=button]):not([type=file]):not([type=image]), textarea { -webkit-text-security: disc !important; }
		::highlight(cmdsign) { color: transparent !important; background-color: #999 !important; }`);
	function mask() {
		const highlight = new Highlight();
		const walker = document.createTreeWalker(document.body ?? document, NodeFilter.SHOW_TEXT);
		for (let n = walker.nextNode(); n; n = walker.nextNode())
			for (const m of n.data.matchAll(/\+?\d(?:[\s.\-]?\d){5,}/g)) {
				const range = new Range();
				range.setStart(n, m.index);
				range.setEnd(n, m.index + m[0].length);
				highlight.add(range);
			}
		CSS.highlights.set("cmdsign", highlight);
		document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
	}
	function unmask() {
		CSS.highlights.delete("cmdsign");
		document.adoptedStyleSheets = document.adoptedStyleSheets.filter((s) => s !== sheet);
	}

	// outline tells the page's structure for a bundle (docs/TRACE.md): elements with those attributes that are named, and texts.
	// It never tells the value of a field, nor what scripts, other documents and the person put into the page.
	const KEPT = new Set(config.attributes);
	const DROPPED = new Set(["script", "style", "noscript", "template", "link", "meta", "base"]);
	const EMPTIED = new Set(["iframe", "frame", "object", "embed", "svg", "canvas", "video", "audio", "math", "textarea", "img"]);
	const NAMED_BY_VALUE = "input[type=submit], input[type=button], input[type=reset]";
	const MAX_NODES = 5000, MAX_DEPTH = 80, MAX_OPTIONS = 5, MAX_RUN = 1000;
	// A form's field may be named like a property of the form, and then hides it.
	const attribute = (el, name) => Element.prototype.getAttribute.call(el, name);
	const attributes = (el) => Element.prototype.getAttributeNames.call(el).filter((name) => KEPT.has(name));
	const matches = (el, css) => Element.prototype.matches.call(el, css);
	const rendered = (el, more) => Element.prototype.checkVisibility.call(el, {contentVisibilityAuto: true, ...more});
	const editable = (el) => matches(el, "[contenteditable]:not([contenteditable=false])");

	function outline() {
		let nodes = 0, cut = false;
		const kept = (n) => n.nodeType === Node.TEXT_NODE ? NodeFilter.FILTER_ACCEPT :
			DROPPED.has(n.localName) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
		const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, kept);
		function children(depth, shown, limit) {
			const list = [];
			for (let n = walker.firstChild(); n; n = walker.nextSibling()) {
				if (++nodes > MAX_NODES || depth > MAX_DEPTH || list.length >= limit) {
					cut ||= nodes > MAX_NODES || depth > MAX_DEPTH;
					walker.parentNode();
					return list;
				}
				list.push(n.nodeType === Node.TEXT_NODE ? {s: n.data.slice(0, MAX_RUN)} : element(n, depth, shown));
			}
			if (list.length) walker.parentNode();
			return list;
		}
		function element(el, depth, shown) {
			const node = {t: el.localName, a: {}};
			for (const name of attributes(el)) {
				if (name !== "value" || matches(el, NAMED_BY_VALUE)) node.a[name] = attribute(el, name).slice(0, MAX_RUN);
			}
			if (el.localName === "head") shown = false;
			else if (!shown || rendered(el, {visibilityProperty: true})) { /* as it was */ }
			else if (!rendered(el) && !matches(el, "input[type=hidden]")) { node.h = 1; shown = false; }
			else if (getComputedStyle(el).visibility !== "visible") node.h = 2;
			if (!EMPTIED.has(el.localName) && !editable(el)) node.c = children(depth + 1, shown, el.localName === "select" ? MAX_OPTIONS : Infinity);
			return node;
		}
		const root = element(document.documentElement, 0, true);
		return {root, cut, agent: navigator.userAgent, languages: navigator.languages.join(",")};
	}

	// veil makes the page fit for a picture that may be sent to somebody: no text is seen but the given words, where they stand
	// in the page's own texts; no field's content, no picture, no other document. It's a style sheet that beats the page's
	// own, and highlights; the page's content stays as it is. unveil takes it back.
	const curtain = new CSSStyleSheet();
	const every = ":is(*, #cmdsign#cmdsign#cmdsign#cmdsign)"; // more specific than any rule of the page's
	const nothing = `color: transparent !important; -webkit-text-fill-color: transparent !important; -webkit-text-stroke: 0 !important;
		text-shadow: none !important; text-decoration-color: transparent !important; text-emphasis: none !important; caret-color: transparent !important;
		background-image: none !important; border-image: none !important; list-style: none !important; mask: none !important;
		transition: none !important; animation: none !important;`;
	const gone = "img, picture, svg, canvas, video, audio, iframe, frame, object, embed, progress, meter, input[type=checkbox], " +
		"input[type=radio], input[type=range], input[type=color], input[type=image]";
	function veil(words) {
		const kept = new Set(words), shown = new Highlight(), covered = new Highlight(), named = [], hosts = [];
		const token = /[\p{L}\p{M}\p{N}_]+/gu;
		const known = (text) => !text.includes("@") && [...text.matchAll(token)].every((m) => kept.has(plain(m[0])));
		const walker = document.createTreeWalker(document.body ?? document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT,
			(n) => n.nodeType === Node.ELEMENT_NODE && editable(n) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
		const cover = (node, from, to, highlight) => {
			const range = new Range();
			range.setStart(node, from);
			range.setEnd(node, to);
			highlight.add(range);
		};
		for (let n = walker.nextNode(); n; n = walker.nextNode()) {
			if (n.nodeType === Node.ELEMENT_NODE) {
				if (matches(n, NAMED_BY_VALUE) && known(attribute(n, "value") ?? "")) named.push(n);
				if (n.shadowRoot || n.localName.includes("-")) hosts.push(n);
				continue;
			}
			let from = -1, to = -1; // of a run of words that aren't shown
			for (const chunk of n.data.matchAll(/\S+/g))
				for (const m of chunk[0].matchAll(token)) {
					const start = chunk.index + m.index, end = start + m[0].length;
					if (chunk[0].includes("@") || !kept.has(plain(m[0]))) { if (from < 0) from = start; to = end; continue; }
					if (from >= 0) cover(n, from, to, covered);
					from = -1;
					cover(n, start, end, shown);
				}
			if (from >= 0) cover(n, from, to, covered);
		}
		const of = (list) => list.slice(0, 300).map((el) => `:is(${selectorOf(el)}, #cmdsign#cmdsign#cmdsign#cmdsign#cmdsign)`).join(", ");
		// A rule each: one that this browser doesn't know mustn't take the others with it.
		const parts = ["", "::placeholder", "::file-selector-button", "::marker", "::selection", "::first-letter", "::first-line"];
		curtain.replaceSync(`${parts.map((part) => `${every}${part} { ${nothing} }`).join("\n")}
			${every}::before, ${every}::after { content: none !important; }
			:is(input, textarea, select, #cmdsign#cmdsign#cmdsign#cmdsign):not([type=submit], [type=button], [type=reset]) { background-color: #999 !important; }
			:is(${gone}, #cmdsign#cmdsign#cmdsign#cmdsign) { opacity: 0 !important; }
			${hosts.length ? of(hosts) + " { opacity: 0 !important; }" : ""}
			${named.length ? of(named) + " { color: #000 !important; -webkit-text-fill-color: #000 !important; background-color: #fff !important; }" : ""}
			::highlight(cmdsign-shown) { color: #000 !important; -webkit-text-fill-color: #000 !important; background-color: #fff !important; }
			::highlight(cmdsign-covered) { color: transparent !important; -webkit-text-fill-color: transparent !important; background-color: #999 !important; }`);
		CSS.highlights.set("cmdsign-shown", shown);
		CSS.highlights.set("cmdsign-covered", covered);
		document.adoptedStyleSheets = [...document.adoptedStyleSheets, curtain];
	}
	function unveil() {
		CSS.highlights.delete("cmdsign-shown");
		CSS.highlights.delete("cmdsign-covered");
		document.adoptedStyleSheets = document.adoptedStyleSheets.filter((s) => s !== curtain);
	}

	return {wait, see, choose, mask, unmask, outline, veil, unveil};
})();
