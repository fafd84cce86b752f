// SCORM 1.2: one status for all (not attempted, incomplete, completed, passed, failed), which never goes back.
(function () {
  "use strict";

  const API = "API";
  const CALLS = {
    initialize: "LMSInitialize",
    get: "LMSGetValue",
    set: "LMSSetValue",
    commit: "LMSCommit",
    finish: "LMSFinish",
    error: "LMSGetLastError",
  };
  const STATUS = "cmi.core.lesson_status";

  // The visit, or null where no LMS is there or lets us in.
  function connect() {
    const api = window.countersign.find(API);
    const visit = api ? new window.countersign.Visit(api, CALLS) : null;
    return visit && visit.open() ? new Session(visit) : null;
  }

  class Session {
    constructor(visit) {
      this.visit = visit;
      this.status = visit.get(STATUS);
      if (this.status === "not attempted" || this.status === "") this.become("incomplete");
    }

    get isComplete() {
      return this.status === "completed" || this.status === "passed";
    }

    get hasPassed() {
      return this.status === "passed";
    }

    get fault() {
      return this.visit.fault;
    }

    // The recorded score in percent, or null.
    get best() {
      if (!["passed", "failed"].includes(this.status)) return null;
      const raw = this.visit.get("cmi.core.score.raw");
      return raw === "" || Number.isNaN(Number(raw)) ? null : Number(raw);
    }

    // Whether the LMS took it.
    complete() {
      return this.isComplete || this.become("completed");
    }

    // `hundredths` is the score in hundredths of a percent; `given` are the questions with what was answered.
    grade(hundredths, hasPassed, given) {
      if (this.hasPassed) return true;
      const best = this.best;
      let isScored = true;
      if (best === null || hundredths >= Math.round(best * 100)) {
        this.visit.set("cmi.core.score.min", "0");
        this.visit.set("cmi.core.score.max", "100");
        isScored = this.visit.set("cmi.core.score.raw", hundredths / 100);
      }
      this.interactions(given);
      return this.become(hasPassed ? "passed" : "failed") && isScored;
    }

    // What was answered. An LMS need not keep it, and a refusal is no fault of the result.
    interactions(given) {
      const before = Number(this.visit.get("cmi.interactions._count")) || 0;
      given.forEach((one, place) => {
        const at = `cmi.interactions.${before + place}`;
        this.visit.set(`${at}.id`, one.id);
        this.visit.set(`${at}.type`, "choice");
        this.visit.set(`${at}.correct_responses.0.pattern`, one.right);
        this.visit.set(`${at}.student_response`, one.answer);
        this.visit.set(`${at}.result`, one.right === one.answer ? "correct" : "wrong");
      });
    }

    become(status) {
      const isTaken = this.visit.set(STATUS, status);
      if (isTaken) this.status = status;
      return this.visit.commit() && isTaken;
    }

    close() {
      this.visit.set("cmi.core.session_time", clock(this.visit.seconds()));
      this.visit.set("cmi.core.exit", "suspend");
      this.visit.finish();
    }
  }

  // 62.5 seconds as 0000:01:02.50.
  function clock(seconds) {
    const hundredths = Math.min(Math.round(seconds * 100), 9999 * 360000 + 359999);
    const part = (value, digits) => String(Math.floor(value)).padStart(digits, "0");
    const hours = part(hundredths / 360000, 4);
    const minutes = part((hundredths / 6000) % 60, 2);
    return `${hours}:${minutes}:${part((hundredths / 100) % 60, 2)}.${part(hundredths % 100, 2)}`;
  }

  Object.assign(window.countersign, { API, connect });
})();
