// What the phone holds, in IndexedDB: it survives a closed page, a locked screen and an empty battery.

const NAME = "countersign-runner";
const STORES = {
  sessions: "session_id", // bundle and the device's token
  drafts: "instance_id", // what is being typed
  results: "submission_id", // what was saved; sent or not
  captures: "evidence_id", // what is told of photos and files
  blobs: "evidence_id", // their bytes, apart: a list of captures stays small
  acts: "act_id", // tests that could not be carried out, were taken up again or left out, with the reason
};

let opening = null;

function open() {
  opening ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) {
        const store = asked.result.createObjectStore(name, { keyPath });
        if (!["sessions", "blobs"].includes(name)) store.createIndex("session", "session_id");
      }
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opening;
}

// Answers when the transaction stands on disk, not before: what is shown as saved is saved.
async function within(names, mode, work) {
  const database = await open();
  return new Promise((done, failed) => {
    const transaction = database.transaction(names, mode, { durability: "strict" });
    const answer = work((name) => transaction.objectStore(name));
    transaction.oncomplete = () => done(answer?.result);
    transaction.onerror = () => failed(transaction.error);
    transaction.onabort = () => failed(transaction.error ?? new Error("The phone's store is full."));
  });
}

export const get = (store, key) => within([store], "readonly", (of) => of(store).get(key));
export const put = (store, value) => within([store], "readwrite", (of) => of(store).put(value));
export const allOf = (store, session) =>
  within([store], "readonly", (of) => of(store).index("session").getAll(session));

/** A result is saved and its draft gone, both or neither. */
export const keepResult = (result) =>
  within(["results", "drafts"], "readwrite", (of) => {
    of("results").put(result);
    of("drafts").delete(result.instance_id);
  });

/** What was said of a test, numbered in order of saying; with `aside` what was entered for it on that try is set apart. */
export const keepActs = (session, instance, acts, { aside = false } = {}) =>
  within(["acts", "captures", "drafts"], "readwrite", (of) => {
    const asked = of("acts").index("session").getAll(session);
    asked.onsuccess = () => {
      const last = Math.max(0, ...asked.result.map((one) => one.number ?? 0));
      acts.forEach((act, place) => of("acts").put({ ...act, number: last + 1 + place }));
    };
    if (!aside) return;
    of("drafts").delete(instance);
    const taken = of("captures").index("session").getAll(session);
    taken.onsuccess = () => {
      for (const one of taken.result)
        if (one.instance_id === instance && !one.is_kept) of("captures").put({ ...one, is_aside: true });
    };
  });

/** A capture and its bytes, both or neither; with `former` in its place. */
export const keepCapture = (capture, blob, former = null) =>
  within(["captures", "blobs"], "readwrite", (of) => {
    of("captures").put(capture);
    of("blobs").put({ evidence_id: capture.evidence_id, blob });
    if (former) for (const store of ["captures", "blobs"]) of(store).delete(former.evidence_id);
  });

/** Ask the browser not to clear the store when space is short. */
export const persist = async () => (await navigator.storage?.persist?.()) ?? false;
