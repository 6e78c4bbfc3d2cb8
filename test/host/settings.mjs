/** User settings under which nothing asks, nothing moves and nothing is fetched. */
export const quietSettings = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.settings.enableNaturalLanguageSearch': false,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'update.showReleaseNotes': false,
  'json.schemaDownload.enable': false,
  'npm.fetchOnlinePackageInfo': false,
  'git.openRepositoryInParentFolders': 'never',
  'files.simpleDialog.enable': true,
  'window.confirmBeforeClose': 'never',
  'editor.accessibilitySupport': 'off',
  // Drawn as elements, so that its text can be read.
  'terminal.integrated.gpuAcceleration': 'off',
  'explorer.confirmDragAndDrop': false,
  // One row for each folder, so that each can be named.
  'explorer.compactFolders': false,
};
