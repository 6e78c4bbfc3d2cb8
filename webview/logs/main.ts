import '../common/panel.css';
import './logs.css';
