// Sets the chosen colours before anything is drawn, so that nobody sees a flash of the others.

document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "system";
