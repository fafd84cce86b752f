// Finds the LMS' API and speaks with it: every call is made once, its answer is looked at, and the end is said once.
(function () {
  "use strict";

  const MOST_PARENTS = 10;

  // The object `name` of this window, of its parents up to ten, or of the window that opened this one and its parents.
  function find(name) {
    return above(window, name) || (opener() && above(opener(), name)) || null;
  }

  function opener() {
    try {
      return window.top.opener || window.opener;
    } catch {
      return window.opener;
    }
  }

  function above(start, name) {
    let at = start;
    for (let steps = 0; steps <= MOST_PARENTS; steps += 1) {
      try {
        if (at[name]) return at[name];
      } catch {
        return null; // A window of another site: the LMS is not beyond it.
      }
      if (at.parent === at) return null;
      at = at.parent;
    }
    return null;
  }

  // One visit. `words` names the calls of the edition: initialize, get, set, commit, finish, error.
  class Visit {
    constructor(api, words) {
      this.api = api;
      this.words = words;
      this.began = Date.now();
      this.isOpen = false;
      this.fault = null;
    }

    // Every answer is a string, whatever the LMS makes of it; "true" is the only yes.
    call(name, ...given) {
      try {
        return String(this.api[name](...given));
      } catch (error) {
        this.fault = this.fault || `${name}: ${error}`;
        return "";
      }
    }

    must(name, ...given) {
      const isDone = this.call(name, ...given) === "true";
      if (!isDone && !this.fault) {
        this.fault = `${name}(${given[0]}): error ${this.call(this.words.error)}`;
      }
      return isDone;
    }

    open() {
      this.isOpen = this.must(this.words.initialize, "");
      return this.isOpen;
    }

    get(element) {
      return this.isOpen ? this.call(this.words.get, element) : "";
    }

    set(element, value) {
      return this.isOpen && this.must(this.words.set, element, String(value));
    }

    commit() {
      return this.isOpen && this.must(this.words.commit, "");
    }

    seconds() {
      return Math.max(0, (Date.now() - this.began) / 1000);
    }

    finish() {
      if (!this.isOpen) return;
      this.must(this.words.finish, "");
      this.isOpen = false;
    }
  }

  // What both editions keep of a learner: each adds its own statuses, elements and words.
  class Session {
    constructor(visit) {
      this.visit = visit;
    }

    get fault() {
      return this.visit.fault;
    }

    // A score, and whether the LMS took it; `element` is the edition's own, for example cmi.score.
    score(hundredths, element) {
      this.visit.set(`${element}.min`, "0");
      this.visit.set(`${element}.max`, "100");
      return this.visit.set(`${element}.raw`, hundredths / 100);
    }

    // Whether it is no worse than what is recorded. A worse one is not sent.
    isBest(hundredths) {
      const best = this.best;
      return best === null || hundredths >= Math.round(best * 100);
    }

    // What was answered. An LMS need not keep it, and a refusal is no fault of the result.
    interactions(given, answer, wrong) {
      const before = Number(this.visit.get("cmi.interactions._count")) || 0;
      given.forEach((one, place) => {
        const at = `cmi.interactions.${before + place}`;
        this.visit.set(`${at}.id`, one.id);
        this.visit.set(`${at}.type`, "choice");
        this.visit.set(`${at}.correct_responses.0.pattern`, one.right);
        this.visit.set(`${at}.${answer}`, one.answer);
        this.visit.set(`${at}.result`, one.right === one.answer ? "correct" : wrong);
      });
    }
  }

  // The visit as the edition keeps it, or null where no LMS is there or lets us in.
  function connectTo(name, words, Edition) {
    const api = find(name);
    const visit = api ? new Visit(api, words) : null;
    return visit && visit.open() ? new Edition(visit) : null;
  }

  window.countersign = { find, Session, connectTo };
})();
