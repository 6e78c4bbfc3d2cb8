import '../common/panel.css';
import './logs.css';
import { LogPage } from './page';

const root = document.getElementById('root');
if (root !== null) {
  new LogPage(root);
}
