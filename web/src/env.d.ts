/** The manager's version that this build was made for. */
declare const __MANAGER_VERSION__: string;
