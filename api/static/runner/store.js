// What the phone holds, in IndexedDB: it survives a closed page, a locked screen and an empty battery.

const NAME = "countersign-runner";
const STORES = {
  sessions: "session_id", // bundle and the device's token
  drafts: "instance_id", // what is being typed
  results: "submission_id", // what was saved; sent or not
  captures: "evidence_id", // photos and files with their bytes
  acts: "act_id", // tests that were left out, with the reason
};

let opening = null;

function open() {
  opening ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) {
        const store = asked.result.createObjectStore(name, { keyPath });
        if (name !== "sessions") store.createIndex("session", "session_id");
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
export const remove = (store, key) => within([store], "readwrite", (of) => of(store).delete(key));
export const allOf = (store, session) =>
  within([store], "readonly", (of) => of(store).index("session").getAll(session));

/** A result is saved and its draft gone, both or neither. */
export const keepResult = (result) =>
  within(["results", "drafts"], "readwrite", (of) => {
    of("results").put(result);
    of("drafts").delete(result.instance_id);
  });

/** Ask the browser not to clear the store when space is short. */
export const persist = async () => (await navigator.storage?.persist?.()) ?? false;
