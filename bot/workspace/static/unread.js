// Remembers, for this tab, up to where each person has read each conversation.

export class Unread {
  constructor(personId) {
    this.key = `read-${personId}`;
    this.read = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
  }

  /** The number of unread messages by conversation; the open one is read to its end. */
  count(conversations, { personId, place }) {
    // What stood in the channels before somebody first came is no news to them.
    this.read ??= Object.fromEntries(
      conversations.filter((each) => !each.with_app).map((each) => [each.id, newest(each)]),
    );
    const open = conversations.find((each) => each.id === place);
    if (open && !document.hidden) this.read[place] = newest(open);
    sessionStorage.setItem(this.key, JSON.stringify(this.read));
    return new Map(conversations.map((each) => [each.id, this.unreadIn(each, personId)]));
  }

  unreadIn(conversation, personId) {
    const since = this.read[conversation.id] ?? 0;
    return conversation.messages.filter((message) => Number(message.ts) > since && message.user !== personId).length;
  }
}

function newest(conversation) {
  return Math.max(0, ...conversation.messages.map((message) => Number(message.ts)));
}
