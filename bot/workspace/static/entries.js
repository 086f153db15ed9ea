// Reads and compares state entries: what Slack keeps for one element of a view, such as {type, value}.

const INITIAL = {
  value: "initial_value",
  selected_option: "initial_option",
  selected_options: "initial_options",
  selected_date: "initial_date",
  selected_time: "initial_time",
  selected_date_time: "initial_date_time",
  selected_user: "initial_user",
  selected_users: "initial_users",
  selected_channel: "initial_channel",
  selected_channels: "initial_channels",
  selected_conversation: "initial_conversation",
  selected_conversations: "initial_conversations",
};

/** The entry of an element nobody has touched. */
export function initialEntry(element) {
  const entry = { type: element.type };
  if (element.type === "rich_text_input") return { ...entry, rich_text_value: element.initial_value };
  for (const [key, initial] of Object.entries(INITIAL))
    if (element[initial] !== undefined) entry[key] = element[initial];
  return entry;
}

/** The entry in the simple form in which values travel to the workspace. */
export function simpleValue(entry) {
  if (entry?.files) return entry.files.map((file) => file.id);
  const key = Object.keys(INITIAL).find((name) => entry?.[name] !== undefined && entry[name] !== null);
  if (entry?.rich_text_value) return entry.rich_text_value;
  if (!key) return null;
  if (key === "selected_option") return entry[key].value;
  if (key === "selected_options") return entry[key].map((option) => option.value);
  return entry[key];
}

export function isSame(one, other) {
  return JSON.stringify(normal(one)) === JSON.stringify(normal(other));
}

// Empty text, an empty list and nothing are the same to a person.
function normal(value) {
  if (Array.isArray(value)) return value.length ? [...value].sort() : null;
  return value === "" || value === undefined ? null : value;
}
