// The emoji that apps name most often, by their Slack names; others are shown as they were written.

const EMOJI = {
  "+1": "👍", "-1": "👎", alarm_clock: "⏰", arrow_down: "⬇️", arrow_forward: "▶️", arrow_right: "➡️", arrow_up: "⬆️",
  arrows_counterclockwise: "🔄", bar_chart: "📊", bell: "🔔", black_circle: "⚫", black_square_for_stop: "⏹️", boom: "💥",
  bug: "🐛", bulb: "💡", calendar: "📆", chart_with_upwards_trend: "📈", clipboard: "📋", clock1: "🕐", computer: "💻",
  dna: "🧬", double_vertical_bar: "⏸️", email: "📧", envelope: "✉️", exclamation: "❗", eyes: "👀", file_folder: "📁",
  fire: "🔥", floppy_disk: "💾", gear: "⚙️", ghost: "👻", grey_question: "❔", hammer_and_wrench: "🛠️", heart: "❤️",
  heavy_check_mark: "✔️", hourglass: "⌛", hourglass_flowing_sand: "⏳", inbox_tray: "📥", information_source: "ℹ️",
  key: "🔑", large_blue_circle: "🔵", large_green_circle: "🟢", large_orange_circle: "🟠", large_yellow_circle: "🟡",
  link: "🔗", lock: "🔒", mag: "🔍", memo: "📝", microscope: "🔬", mute: "🔇", no_entry: "⛔", no_entry_sign: "🚫",
  octagonal_sign: "🛑", ok: "🆗", outbox_tray: "📤", package: "📦", page_facing_up: "📄", pencil: "📝", point_right: "👉",
  question: "❓", red_circle: "🔴", repeat: "🔁", robot_face: "🤖", rocket: "🚀", rotating_light: "🚨", runner: "🏃",
  running: "🏃", scroll: "📜", shrug: "🤷", slightly_smiling_face: "🙂", smile: "😄", sparkles: "✨", stop_sign: "🛑",
  stopwatch: "⏱️", tada: "🎉", thumbsdown: "👎", thumbsup: "👍", timer_clock: "⏲️", warning: "⚠️", wastebasket: "🗑️",
  wave: "👋", white_check_mark: "✅", white_circle: "⚪", white_large_square: "⬜", wrench: "🔧", x: "❌", zap: "⚡", zzz: "💤",
};

export function emoji(name) {
  return Object.hasOwn(EMOJI, name) ? EMOJI[name] : `:${name}:`;
}

/** Text in which `:name:` stands for an emoji. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (_, name) => emoji(name));
}
