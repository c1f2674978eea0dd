import { render } from 'preact';
import './styles/base.css';
import './styles/shell.css';
import './styles/now.css';
import './styles/lists.css';
import { App } from './app.tsx';
import { takeToken } from './session.ts';

const place = document.getElementById('console');
if (place !== null) render(<App hasToken={takeToken() !== undefined} />, place);
