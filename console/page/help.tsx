import { GO } from './keyboard.ts';
import { Dialog } from './parts/dialog.tsx';

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'Find an order'],
  ...Object.entries(GO).map(([key, [, name]]) => [`g ${key}`, name] as const),
  ['j k', 'Next row, previous row'],
  ['Enter', 'Open it'],
  ['x', 'Select it'],
  ['p', 'Pause and resume updates'],
  ['Esc', 'Close a dialog'],
];

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="soft">No key changes an order.</p>
      <div class="row-of-buttons">
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
