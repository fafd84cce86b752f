// SCORM 2004, 4th edition: completion and success are two statuses, and neither goes back.
(function () {
  "use strict";

  const API = "API_1484_11";
  const CALLS = {
    initialize: "Initialize",
    get: "GetValue",
    set: "SetValue",
    commit: "Commit",
    finish: "Terminate",
    error: "GetLastError",
  };
  const COMPLETION = "cmi.completion_status";
  const SUCCESS = "cmi.success_status";

  class Session extends window.countersign.Session {
    constructor(visit) {
      super(visit);
      this.completion = visit.get(COMPLETION);
      this.success = visit.get(SUCCESS);
      if (["unknown", "not attempted", ""].includes(this.completion)) this.become(COMPLETION, "incomplete");
    }

    get isComplete() {
      return this.completion === "completed";
    }

    get hasPassed() {
      return this.success === "passed";
    }

    // The recorded score in percent, or null. An element that was never set must not be asked for (error 403).
    get best() {
      if (!["passed", "failed"].includes(this.success)) return null;
      const scaled = this.visit.get("cmi.score.scaled");
      return scaled === "" || Number.isNaN(Number(scaled)) ? null : Number(scaled) * 100;
    }

    // Whether the LMS took it.
    complete() {
      return this.isComplete || this.become(COMPLETION, "completed");
    }

    // `hundredths` is the score in hundredths of a percent; `given` are the questions with what was answered.
    grade(hundredths, hasPassed, given) {
      if (this.hasPassed) return true;
      let isScored = true;
      if (this.isBest(hundredths)) {
        this.score(hundredths, "cmi.score");
        isScored = this.visit.set("cmi.score.scaled", hundredths / 10000);
      }
      this.interactions(given, "learner_response", "incorrect");
      const isTaken = this.become(SUCCESS, hasPassed ? "passed" : "failed");
      return this.complete() && isTaken && isScored;
    }

    become(element, status) {
      const isTaken = this.visit.set(element, status);
      if (isTaken) this[element === SUCCESS ? "success" : "completion"] = status;
      return this.visit.commit() && isTaken;
    }

    close() {
      this.visit.set("cmi.session_time", duration(this.visit.seconds()));
      this.visit.set("cmi.exit", "suspend");
      this.visit.finish();
    }
  }

  // 62.5 seconds as PT1M2.5S (ISO 8601, hundredths of a second at the finest).
  function duration(seconds) {
    const hundredths = Math.round(seconds * 100);
    const hours = Math.floor(hundredths / 360000);
    const minutes = Math.floor((hundredths % 360000) / 6000);
    const rest = (hundredths % 6000) / 100;
    return `PT${hours ? `${hours}H` : ""}${minutes ? `${minutes}M` : ""}${rest || !(hours || minutes) ? `${rest}S` : ""}`;
  }

  Object.assign(window.countersign, { API, connect: () => window.countersign.connectTo(API, CALLS, Session) });
})();
