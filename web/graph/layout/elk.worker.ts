// ELK's own worker script: it answers the messages of elk-api by itself.
import 'elkjs/lib/elk-worker.min.js';
