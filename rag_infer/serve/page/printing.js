// One answer, or a conversation, on paper or as a PDF: the browser prints, print.css says what.

/** Prints one turn of the thread, without the others. */
export function printTurn(turn) {
  document.body.classList.add("one");
  turn.classList.add("printed");
  addEventListener("afterprint", () => {
    document.body.classList.remove("one");
    turn.classList.remove("printed");
  }, { once: true });
  window.print();
}
