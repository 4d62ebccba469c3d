export const secondFactor = {
  title: "Second factor",
  lead: "With a second factor a password alone lets nobody in: signing in also asks for a code of an app on your phone.",
  tokens: "Tokens of programs are not affected.",
  off: "Off",
  onSince: "On since",
  setUp: "Set up a second factor",
  turnOff: "Turn off",
  renew: "New recovery codes",
  codesLeft: (left: number) =>
    left === 0
      ? "You have no recovery codes left. Make new ones before you lose your phone."
      : `${left === 1 ? "One recovery code is" : `${left} recovery codes are`} left.`,
  lost: "The manager has lost what it compares the codes of your app with. Only your recovery codes work now. Turn the second factor off with one, then set it up anew.",

  password: "Your password",
  code: "Code of the app",
  codeHint: "Six digits.",
  anyCode: "Code",
  anyCodeHint: "Six digits of the app, or a recovery code.",
  next: "Go on",

  scanTitle: "Add it to your authenticator app",
  scan: "Scan this with an authenticator app, such as Aegis, 2FAS, Google Authenticator or your password manager.",
  qrLabel: "QR code for the authenticator app",
  byHand: "Or type this in by hand",
  copySecret: (secret: string) => `Copy the secret ${secret}`,
  expires: (minutes: number) => `Then type the code that the app shows, within ${minutes} minutes.`,
  confirm: "Turn it on",

  codesTitle: "Your recovery codes",
  codesOnce: "Keep them now: you won't see them again.",
  codesWhy: "Each lets you in once without the app, when the phone is lost. Keep them where the phone is not.",
  codesOn: "The second factor is on. Your other browsers are signed out.",
  codesLabel: "Recovery codes",
  copy: "Copy",
  copied: "Copied",
  copyFailed: "The browser does not let this page copy. Select the codes and copy them by hand, or download them.",
  download: "Download",
  fileName: "vsmanager-recovery-codes.txt",
  fileHead: (name: string, address: string) => `Recovery codes of ${name} for ${address}. Each is good once.`,
  kept: "I have kept them",

  turnOffTitle: "Turn the second factor off?",
  turnOffLost:
    "Then your password alone lets anybody in who knows it. Your recovery codes become worthless, and your other browsers are signed out.",
  renewTitle: "New recovery codes?",
  renewLost: "The ones you have become worthless.",
  renewSubmit: "Make new codes",
};

/** The second step of signing in. */
export const secondStep = {
  title: "Your second factor",
  who: (name: string) => `The password of ${name} is right.`,
  code: "Code of your authenticator app",
  recoveryCode: "Recovery code",
  recoveryHint: "One that was not used yet.",
  useRecoveryCode: "Use a recovery code",
  useApp: "Use the authenticator app",
  back: "Back",
  submit: "Sign in",
  help: "Neither phone nor codes? An admin can take the second factor away.",
};

/** Offered to the first admin. */
export const offer = {
  title: "You are the admin now",
  lead: "You may do everything here, and so may whoever learns your password. A second factor on your phone keeps others out; setting it up takes a minute.",
  setUp: "Set up a second factor",
  later: "Not now",
  laterHint: "It is on the page of your account whenever you want it.",
};
