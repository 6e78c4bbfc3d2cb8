import '../common/panel.css';
import './inference.css';
import { InferencePage } from './page';

const root = document.getElementById('root');
if (root !== null) {
  new InferencePage(root);
}
