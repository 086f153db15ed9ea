// Remembers, for this browser, up to where each person has read each conversation; their tabs share it.

export class Unread {
  constructor(personId) {
    this.key = `read-${personId}`;
    this.read = null;
    this.begins = null;
  }

  /** The number of unread messages by conversation; the open one is read to its end while the tab is looked at. */
  count(conversations, { personId, place }) {
    this.read = JSON.parse(localStorage.getItem(this.key) ?? "null");
    // What stood in the channels before somebody first came is no news to them.
    this.read ??= Object.fromEntries(
      conversations.filter((each) => !each.with_app).map((each) => [each.id, newest(each)]),
    );
    const open = conversations.find((each) => each.id === place);
    if (open) this.markNews(open, personId);
    if (open && !document.hidden) this.read[place] = newest(open);
    localStorage.setItem(this.key, JSON.stringify(this.read));
    return new Map(conversations.map((each) => [each.id, this.unreadIn(each, personId).length]));
  }

  /** The id of the first message that was unread when the open conversation was last come to, or null. */
  firstNew(place) {
    return this.begins?.place === place ? this.begins.ts : null;
  }

  // The line stays where it was until somebody comes back to news that they have not seen.
  markNews(open, personId) {
    const [first] = this.unreadIn(open, personId);
    const isComing = this.begins?.place !== open.id || (document.hidden && !this.begins.wasHidden);
    if (isComing) this.begins = { place: open.id, ts: first?.ts ?? null };
    else if (document.hidden) this.begins.ts ??= first?.ts ?? null;
    this.begins.wasHidden = document.hidden;
  }

  unreadIn(conversation, personId) {
    const since = this.read[conversation.id] ?? 0;
    return conversation.messages.filter((message) => Number(message.ts) > since && message.user !== personId);
  }
}

function newest(conversation) {
  return Math.max(0, ...conversation.messages.map((message) => Number(message.ts)));
}
