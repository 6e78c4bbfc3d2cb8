import '../common/panel.css';
import './inference.css';
import { registerToolkit } from '../common/toolkit';
import { InferencePage } from './page';

registerToolkit();
const root = document.getElementById('root');
if (root !== null) {
  new InferencePage(root);
}
