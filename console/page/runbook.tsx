import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask } from './session.ts';

/** A section of the runbook. */
export function Runbook({ section }: { readonly section: string }) {
  const [text, setText] = useState<string | null>();
  useEffect(() => {
    let isOver = false;
    void ask<{ text: string | null }>('runbook', { section }).then((answer) => {
      if (!isOver) setText(answer.text);
    });
    return () => {
      isOver = true;
    };
  }, [section]);
  if (text === undefined) return <p class="soft">Reading …</p>;
  if (text === null) return <p class="notice">docs/runbook.md has no section {section}.</p>;
  const [heading = '', ...paragraphs] = text.trim().split(/\n{2,}/);
  return (
    <article class="card runbook">
      <header>
        <h2>{heading.replace(/^#+ /, '')}</h2>
        <span class="soft">docs/runbook.md</span>
      </header>
      <div class="body">
        {paragraphs.map((paragraph) =>
          paragraph.startsWith('```') ? (
            <pre key={paragraph}>{paragraph.replace(/^```\w*\n|\n```$/g, '')}</pre>
          ) : (
            <p key={paragraph}>{inline(paragraph.replaceAll('\n', ' '))}</p>
          ),
        )}
        <p>
          <a href="#/now">Back to Now</a>
        </p>
      </div>
    </article>
  );
}

/** The little Markdown that the runbook uses, as elements: the page makes no HTML of a text. */
function inline(text: string): ComponentChildren[] {
  return text.split(/(\*\*[^*]+\*\*|\*[^*]+\*|`[^`]+`|\[[^\]]+\]\([^)]+\))/).map((part) => {
    if (part.startsWith('**')) return <strong>{part.slice(2, -2)}</strong>;
    if (part.startsWith('*')) return <em>{part.slice(1, -1)}</em>;
    if (part.startsWith('`')) return <code>{part.slice(1, -1)}</code>;
    const [, name, target] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part) ?? [];
    if (name === undefined || target === undefined) return part;
    if (target.startsWith('#')) return <a href={`#/runbook/${target.slice(1)}`}>{name}</a>;
    if (!target.startsWith('https://')) return <span>{name}</span>;
    return (
      <a href={target} target="_blank" rel="noreferrer">
        {name}
      </a>
    );
  });
}
