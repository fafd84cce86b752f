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

  class Session extends window.countersign.Session {
    constructor(visit) {
      super(visit);
      this.status = visit.get(STATUS);
      if (this.status === "not attempted" || this.status === "") this.become("incomplete");
    }

    get isComplete() {
      return this.status === "completed" || this.status === "passed";
    }

    get hasPassed() {
      return this.status === "passed";
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
      const isScored = !this.isBest(hundredths) || this.score(hundredths, "cmi.core.score");
      this.interactions(given, "student_response", "wrong");
      return this.become(hasPassed ? "passed" : "failed") && isScored;
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

  Object.assign(window.countersign, { API, connect: () => window.countersign.connectTo(API, CALLS, Session) });
})();
