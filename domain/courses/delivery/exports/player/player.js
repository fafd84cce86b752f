// The page: marks a lesson complete, checks a quiz, and says whether progress is recorded.
(function () {
  "use strict";

  const kind = document.body.dataset.kind;
  const lms = window.countersign;
  const isSco = kind === "lesson" || kind === "quiz";
  const session = isSco && lms ? lms.connect() : null;

  const state = document.getElementById("state");
  const NOT_TAKEN = "The learning management system did not take the result. Close this page and open it again";

  function hideNotice() {
    document.getElementById("recording").hidden = true;
  }

  function say(words, look) {
    state.className = `state-${look}`;
    state.textContent = words;
  }

  if (session) {
    hideNotice();
    // One end, whichever way the page is left; a page that comes back from the browser's memory begins anew.
    let isClosed = false;
    window.addEventListener("pagehide", () => {
      if (!isClosed) session.close();
      isClosed = true;
    });
    window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  } else if (lms && !isSco && lms.find(lms.API)) {
    hideNotice(); // A page to read within an LMS, which leads from page to page itself.
  } else {
    const ways = document.getElementById("ways");
    if (ways) ways.hidden = false;
  }

  // A lesson

  function lesson() {
    const button = document.getElementById("complete");
    if (!session || !button) return;
    document.getElementById("act").hidden = false;
    const show = () => {
      button.disabled = true;
      say("✓ Completed, and recorded.", "ok");
    };
    if (session.isComplete) show();
    button.addEventListener("click", () => {
      if (session.complete()) show();
      else say(`${NOT_TAKEN} (${session.fault}).`, "alarm");
    });
  }

  // A quiz

  function answersOf(form) {
    const mask = new TextEncoder().encode(form.dataset.mask);
    const masked = atob(form.dataset.answers);
    const plain = Uint8Array.from(masked, (letter, at) => letter.charCodeAt(0) ^ mask[at % mask.length]);
    return JSON.parse(new TextDecoder().decode(plain));
  }

  const letter = (index) => "abcd"[index];

  function quiz() {
    const form = document.getElementById("quiz");
    const answers = answersOf(form);
    const questions = [...form.querySelectorAll("fieldset")];
    const again = document.getElementById("again");
    const check = document.getElementById("check");
    if (session && session.hasPassed) {
      const best = session.best;
      say(`✓ You passed this quiz${best === null ? "" : ` with ${percent(best * 100)}`}. It stays so; answer again for practice.`, "ok");
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const open = questions.find((question) => !question.querySelector(":checked"));
      if (open) {
        const number = questions.indexOf(open) + 1;
        say(`Question ${number} of ${questions.length} is not answered yet.`, "watch");
        open.querySelector("input").focus();
        return;
      }
      grade();
    });

    again.addEventListener("click", () => {
      form.reset();
      questions.forEach((question) => {
        question.querySelectorAll("input").forEach((input) => { input.disabled = false; });
        question.querySelector(".feedback").hidden = true;
      });
      state.textContent = "";
      again.hidden = true;
      check.hidden = false;
      questions[0].querySelector("input").focus();
    });

    function grade() {
      const given = questions.map((question) => ({
        id: `${form.dataset.quiz}-${question.id}`,
        right: letter(answers[question.id].right),
        answer: letter(Number(question.querySelector(":checked").value)),
      }));
      const correct = given.filter((one) => one.right === one.answer).length;
      // Never rounded up: an LMS that compares the score with the mastery score must come to the same verdict.
      const hundredths = Math.floor((correct * 10000) / questions.length);
      const hasPassed = correct * 100 >= Number(form.dataset.pass) * questions.length;
      questions.forEach((question, at) => show(question, given[at]));
      check.hidden = true;
      again.hidden = false;
      tell(correct, hundredths, hasPassed, given);
      state.focus();
    }

    function show(question, one) {
      const feedback = question.querySelector(".feedback");
      const isRight = one.right === one.answer;
      const verdict = document.createElement("p");
      verdict.className = "verdict";
      verdict.textContent = isRight ? "✓ Right" : "✗ Not right";
      const why = document.createElement("div");
      why.className = "why";
      // Markup that the exporter rendered and escaped, as all else on this page.
      why.innerHTML = answers[question.id].why;
      feedback.className = `feedback ${isRight ? "right" : "wrong"}`;
      feedback.replaceChildren(verdict, why);
      feedback.hidden = false;
      question.querySelectorAll("input").forEach((input) => { input.disabled = true; });
    }

    function tell(correct, hundredths, hasPassed, given) {
      const score = `${correct} of ${questions.length} right, ${percent(hundredths)}`;
      const verdict = hasPassed ? "✓ Passed" : `✗ Not passed: ${form.dataset.pass} % are needed`;
      if (!session) {
        say(`${verdict}. ${score}. Not recorded.`, hasPassed ? "ok" : "alarm");
        return;
      }
      const stood = session.hasPassed;
      if (!session.grade(hundredths, hasPassed, given)) {
        say(`${verdict}. ${score}. ${NOT_TAKEN} (${session.fault}).`, "alarm");
      } else {
        const kept = stood ? "Not recorded: you had passed before, and that stands." : "Recorded.";
        say(`${verdict}. ${score}. ${kept}`, hasPassed ? "ok" : "alarm");
      }
    }
  }

  function percent(hundredths) {
    return `${Math.round(hundredths) / 100} %`;
  }

  // On paper nothing is folded away.
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((folded) => { folded.open = true; });
  });

  if (kind === "lesson") lesson();
  if (kind === "quiz") quiz();
})();
