// What a screen reader is to say. Polite, and only what is worth a sentence.

class Announcer {
  text = $state("");

  say(text: string): void {
    this.text = "";
    queueMicrotask(() => (this.text = text));
  }
}

export const announcer = new Announcer();
