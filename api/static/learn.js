// Tells what was looked at, in batches, after the page has been read for a moment. Nothing visible hangs on it.
"use strict";

const told = document.querySelector("[data-learn]");
if (told) {
  const waiting = [];
  let timer = 0;

  const random = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  const send = () => {
    clearTimeout(timer);
    if (!waiting.length) return;
    const body = new Blob([JSON.stringify({ events: waiting.splice(0, 100) })], { type: "application/json" });
    navigator.sendBeacon?.("/learn/events", body);
  };

  const note = (type) => {
    const event = {
      eventId: random(),
      eventType: type,
      courseId: told.dataset.course,
      packageVersion: Number(told.dataset.version),
      occurredAt: new Date().toISOString(),
    };
    if (told.dataset.lesson) event.lessonIdx = Number(told.dataset.lesson);
    waiting.push(event);
    clearTimeout(timer);
    timer = setTimeout(send, 1500);
  };

  let isOpen = false;
  const enter = () => {
    if (isOpen || document.visibilityState !== "visible") return;
    isOpen = true;
    note(told.dataset.learn);
  };
  const leave = () => {
    if (!isOpen) return;
    isOpen = false;
    if (told.dataset.learn === "lesson_viewed") note("lesson_left");
    send();
  };

  enter();
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? enter() : leave()));
  window.addEventListener("pagehide", leave);
}
