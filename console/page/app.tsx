import { useEffect, useState } from 'preact/hooks';
import { DeadLetters } from './dead/dead-letters.tsx';
import { Foot } from './foot.tsx';
import { Health } from './health/health.tsx';
import { HelpDialog } from './help.tsx';
import { useKeyboard } from './keyboard.ts';
import { PageContext, useLive } from './live.ts';
import { Now } from './now/now.tsx';
import { OrderStory } from './orders/order-story.tsx';
import { Orders } from './orders/orders.tsx';
import { type Route, routeOf } from './route.ts';
import { Runbook } from './runbook.tsx';
import { nameOf } from './stage.ts';
import { Strips } from './strips.tsx';
import { Top } from './top.tsx';

const TITLES: Readonly<Record<Route['screen'], string>> = {
  now: 'Now',
  orders: 'Orders',
  order: 'Order',
  dead: 'Dead letters',
  health: 'Health',
  runbook: 'Runbook',
};

export function App({ hasToken }: { readonly hasToken: boolean }) {
  return hasToken ? <Console /> : <NoToken />;
}

/** The empty page, which is all that anyone gets who has not the address of the terminal. */
function NoToken() {
  return (
    <main class="plain">
      <h1>Sluice</h1>
      <p>
        Open the address that <code>sluice console</code> shows in the terminal. It ends in a token,
        and this one has none, or one of a console that has ended.
      </p>
    </main>
  );
}

function Console() {
  const page = useLive();
  const [route, setRoute] = useState(() => routeOf(location.hash));
  const [isHelp, setHelp] = useState(false);
  useKeyboard({ onHold: page.toggleHold, onHelp: () => setHelp(true) });
  useEffect(() => {
    const moved = () => setRoute(routeOf(location.hash));
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  const stage = page.live?.me?.stage;
  useEffect(() => {
    const screen = route.id ?? TITLES[route.screen];
    document.title = stage === undefined ? 'Sluice' : `${nameOf(stage)} · ${screen} · Sluice`;
  }, [stage, route]);
  if (page.gone?.isRefusal && page.live === undefined) return <NoToken />;
  return (
    <PageContext.Provider value={page}>
      <Top route={route} />
      <Strips />
      <main class="screen" id="screen" tabIndex={-1}>
        <h1 class="unseen">{TITLES[route.screen]}</h1>
        <Screen route={route} />
      </main>
      <Foot />
      {isHelp && <HelpDialog onClose={() => setHelp(false)} />}
    </PageContext.Provider>
  );
}

function Screen({ route }: { readonly route: Route }) {
  switch (route.screen) {
    case 'orders':
      return <Orders query={route.query} />;
    case 'order':
      return <OrderStory key={route.id} id={route.id ?? ''} />;
    case 'dead':
      return <DeadLetters query={route.query} />;
    case 'health':
      return <Health />;
    case 'runbook':
      return <Runbook section={route.id ?? ''} />;
    default:
      return <Now query={route.query} />;
  }
}
