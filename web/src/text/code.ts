/** What the fields for code say, by what CodeMirror says without it. */
export const codePhrases = {
  "Revert this chunk": "Take this over",
  Accept: "Keep yours",
  Reject: "Take theirs",
  "$ unchanged lines": "$ equal lines",
  next: "Next",
  previous: "Previous",
  all: "All",
  "match case": "Match case",
  regexp: "Pattern",
  "by word": "Whole words",
  replace: "Replace",
  "replace all": "Replace all",
};
