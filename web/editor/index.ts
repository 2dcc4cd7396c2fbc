export { YamlEditor } from './YamlEditor.tsx';
export type { EditorMarker, YamlEditorProps } from './CodeEditor.tsx';
