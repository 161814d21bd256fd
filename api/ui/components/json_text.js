// JSON to be read: its parts told apart by colour and weight. It is other people's text, so only ever text.
const PART = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export default {
  props: { text: String, label: String },
  computed: {
    parts() {
      const parts = [];
      let end = 0;
      for (const found of this.text.matchAll(PART)) {
        if (found.index > end) parts.push({ kind: "", text: this.text.slice(end, found.index) });
        const kind = found[2] ? "key" : found[1] ? "string" : "value";
        parts.push({ kind: `xj-json-${kind}`, text: found[1] ?? found[0] });
        if (found[2]) parts.push({ kind: "", text: found[2] });
        end = found.index + found[0].length;
      }
      parts.push({ kind: "", text: this.text.slice(end) });
      return parts;
    },
  },
  template: `
    <pre class="xj-json" tabindex="0" role="region" :aria-label="label"><span v-for="(part, place) in parts"
      :key="place" :class="part.kind">{{ part.text }}</span></pre>
  `,
};
