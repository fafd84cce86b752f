// Keeps the runner's own files and its pages, so that it opens in a stair without a signal. It answers nothing else.
const CACHE = "runner-{{ version }}";
const FILES = ["{{ files }}"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

// Pages move to the new cache: a phone that was updated in the stair still opens them.
async function takeOver() {
  const fresh = await caches.open(CACHE);
  for (const name of (await caches.keys()).filter((one) => one.startsWith("runner-") && one !== CACHE)) {
    const old = await caches.open(name);
    for (const asked of await old.keys())
      if (new URL(asked.url).pathname.startsWith("/stairs/run/")) await fresh.put(asked, await old.match(asked));
    await caches.delete(name);
  }
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && /^\/stairs\/run\/[0-9a-f-]{36}$/.test(pathname)) event.respondWith(page(event.request));
  else if (FILES.includes(pathname)) event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
});

// The server's page where it answers, which also says who is signed in; the kept one where it does not.
async function page(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(request.url, answer.clone());
    if (answer.status < 500) return answer;
  } catch {
    // No signal.
  }
  return (await cache.match(request.url)) ?? Response.error();
}
