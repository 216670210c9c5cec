// Gives each citation a button that copies it.  Without scripts the text can be selected by hand.
(() => {
  const voice = document.createElement("p");
  voice.className = "lr-copied";
  voice.setAttribute("role", "status");

  // Emptied first: the same words twice in a row would be announced once.
  const say = (words) => {
    voice.textContent = "";
    setTimeout(() => { voice.textContent = words; }, 50);
  };

  const select = (holder) => {
    const range = document.createRange();
    range.selectNodeContents(holder);
    const chosen = window.getSelection();
    chosen.removeAllRanges();
    chosen.addRange(range);
  };

  // The clipboard is shut on a page that is opened from a disk or over plain HTTP.
  const copy = async (holder) => {
    try {
      await navigator.clipboard.writeText(holder.textContent);
      return true;
    } catch {
      select(holder);
      return document.execCommand("copy");
    }
  };

  for (const holder of document.querySelectorAll(".lr-copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "lr-copy-button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy the citation (${holder.dataset.copy})`);
    button.addEventListener("click", async () => {
      const done = await copy(holder);
      say(done ? "Copied" : "Selected: press Ctrl and C to copy");
      button.textContent = done ? "Copied" : "Selected";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    holder.after(button);
  }
  document.body.append(voice);
})();
