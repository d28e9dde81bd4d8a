// IndexedDB, as promises: "outbox" (what the technician did, in order) and "cache" (what was last known).
let opened;

function open() {
    opened ??= new Promise((resolve, reject) => {
        const request = indexedDB.open("mps-phone", 1);
        request.onupgradeneeded = () => {
            const outbox = request.result.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
            outbox.createIndex("key", "key", { unique: true });
            outbox.createIndex("waiting", ["user", "state", "seq"]);
            request.result.createObjectStore("cache", { keyPath: "key" });
        };
        request.onsuccess = () => {
            const db = request.result;
            // The browser may close the database (storage pressure, a new version): open it again when needed.
            db.onversionchange = () => db.close();
            db.onclose = () => (opened = undefined);
            resolve(db);
        };
        request.onerror = () => reject(request.error);
        request.onblocked = () => reject(new Error("the phone's storage is held by another tab"));
    }).catch((error) => {
        opened = undefined;
        throw error;
    });
    return opened;
}

// Whether this browser keeps anything: a private window may not, nor one whose storage is blocked or full.
export const usable = () => get("cache", "").then(() => true, () => false);

// One transaction: resolves with the result of `work` when it is on the disk, not before.
async function within(name, mode, work) {
    const db = await open();
    return new Promise((resolve, reject) => {
        const transaction = db.transaction(name, mode, { durability: mode === "readwrite" ? "strict" : "default" });
        let request;
        transaction.oncomplete = () => resolve(request?.result);
        transaction.onabort = () => reject(transaction.error || request?.error);
        request = work(transaction.objectStore(name));
    });
}

export const get = (name, key) => within(name, "readonly", (store) => store.get(key));
export const all = (name) => within(name, "readonly", (store) => store.getAll());
export const add = (name, value) => within(name, "readwrite", (store) => store.add(value));
export const put = (name, value) => within(name, "readwrite", (store) => store.put(value));
export const remove = (name, key) => within(name, "readwrite", (store) => store.delete(key));

// The first action of the user that waits for an answer, in the order in which they were made.
export function firstWaiting(user) {
    const range = IDBKeyRange.bound([user, "waiting", 0], [user, "waiting", Infinity]);
    return within("outbox", "readonly", (store) => store.index("waiting").get(range));
}

// Change a record where it is, in one transaction; `change` may return false to leave it.
export async function alter(name, key, change) {
    const db = await open();
    return new Promise((resolve, reject) => {
        const transaction = db.transaction(name, "readwrite", { durability: "strict" });
        const store = transaction.objectStore(name);
        let record;
        transaction.oncomplete = () => resolve(record);
        transaction.onabort = () => reject(transaction.error);
        const request = store.get(key);
        request.onsuccess = () => {
            record = request.result;
            if (!record || change(record) === false) record = undefined;
            else store.put(record);
        };
    });
}

// Put a changed successor in place of a record that is settled, both or neither.
export async function replace(key, change, successor) {
    const db = await open();
    return new Promise((resolve, reject) => {
        const transaction = db.transaction("outbox", "readwrite", { durability: "strict" });
        const store = transaction.objectStore("outbox");
        let done = false;
        transaction.oncomplete = () => resolve(done);
        transaction.onabort = () => reject(transaction.error);
        const request = store.get(key);
        request.onsuccess = () => {
            const record = request.result;
            if (!record || change(record) === false) return;
            done = true;
            store.put(record);
            store.add(successor);
        };
    });
}
