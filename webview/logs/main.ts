import '../common/panel.css';
import './logs.css';
import { registerToolkit } from '../common/toolkit';
import { LogPage } from './page';

registerToolkit();
const root = document.getElementById('root');
if (root !== null) {
  new LogPage(root);
}
