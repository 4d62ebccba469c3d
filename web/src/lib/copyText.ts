/** Copies a text. Browsers give the clipboard to https and localhost only; over plain http the old way still works. */
export async function copyText(text: string, field?: HTMLInputElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return field ? copySelected(field) : copyFromField(text);
  }
}

function copySelected(field: HTMLInputElement): boolean {
  field.select();
  return document.execCommand("copy");
}

/** With a field of its own, for as long as it takes. */
function copyFromField(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("readonly", "");
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const worked = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return worked;
}
