// Notifications, modal dialogs, and the status bar.
import { openCommand } from './quickInput.mjs';
import { LIMIT, until, within } from './until.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Label } from './until.mjs' */

export const notifications = {
  /** @param {Page} page */
  read: (page) =>
    page
      .locator('.notifications-toasts .notification-list-item, .notifications-center.visible .notification-list-item')
      .evaluateAll((all) =>
        all.map((item) => ({
          message: item.querySelector('.notification-list-item-message')?.textContent?.trim() ?? '',
          severity: ['error', 'warning', 'info'].find((level) => item.querySelector(`.codicon-${level}`)) ?? '',
          buttons: [...item.querySelectorAll('.notification-list-item-buttons-container .monaco-button')].map(
            (button) => button.textContent?.trim() ?? '',
          ),
          progress: item.querySelector('.monaco-progress-container.active') !== null,
        })),
      ),

  /**
   * Toasts hide after some seconds: wait for them right after the action.
   * @param {Page} page
   * @param {Label} message
   * @param {number} [timeout] in ms
   */
  wait: (page, message, timeout) =>
    until(
      async () => (await notifications.read(page)).find((item) => within(message).test(item.message)),
      `notification ${message}`,
      timeout,
    ),

  /** @param {Page} page @param {Label} message @param {string} button */
  press: (page, message, button) =>
    page
      .locator('.notification-list-item')
      .filter({ hasText: message })
      .first()
      .getByRole('button', { name: button, exact: true })
      .click(),

  /** @param {Page} page */
  async clear(page) {
    await openCommand(page, 'Notifications: Clear All Notifications');
    await until(async () => (await notifications.read(page)).length === 0, 'clearing of the notifications');
  },
};

/** A modal message. */
export const dialog = {
  /** @param {Page} page */
  root: (page) => page.locator('.monaco-dialog-box:visible'),

  /** @param {Page} page */
  async text(page) {
    await dialog.root(page).waitFor({ timeout: LIMIT });
    return (await dialog.root(page).locator('.dialog-message-container').textContent())?.trim() ?? '';
  },

  /** @param {Page} page */
  buttons: (page) => dialog.root(page).locator('.dialog-buttons .monaco-button').allTextContents(),

  /** @param {Page} page @param {Label} button */
  async press(page, button) {
    await dialog
      .root(page)
      .getByRole('button', { name: within(button) })
      .first()
      .click();
    await dialog.root(page).waitFor({ state: 'hidden', timeout: LIMIT });
  },
};

export const statusBar = {
  /** @param {Page} page @param {Label} label */
  item: (page, label) =>
    page
      .locator('.part.statusbar')
      .getByRole('button', { name: within(label) })
      .first(),

  /** @param {Page} page */
  async items(page) {
    const labels = await page
      .locator('.part.statusbar .statusbar-item-label')
      .evaluateAll((all) => all.map((item) => item.getAttribute('aria-label') ?? item.textContent?.trim() ?? ''));
    return labels.filter(Boolean);
  },
};
