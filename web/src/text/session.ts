export const signIn = {
  title: "Sign in",
  name: "Name",
  password: "Password",
  submit: "Sign in",
  noAccount: "No account? An admin of this manager can make one.",
  endedTitle: "You were signed out",
  endedText: "Sign in to go on. This page and what you typed stay as they are.",
  leave: "Go to the sign-in page",
};

export const setup = {
  title: "Make the first admin",
  lead: "This manager has nobody who may sign in yet. The first admin can add others later.",
  link: "Set-up link",
  linkHint:
    "The manager printed it when it started: the whole link, or what follows token=. It is good once, for one hour.",
  linkTaken: "The set-up link is filled in.",
  name: "Your name",
  password: "Password",
  passwordHint: "12 characters or more.",
  repeat: "Password again",
  repeatDiffers: "This is not the same password.",
  submit: "Make the admin and sign in",
  done: "Somebody has set this manager up already.",
  toSignIn: "Sign in",
};
