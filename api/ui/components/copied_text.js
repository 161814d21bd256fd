// A text to be taken elsewhere: shown whole, and copied by a button.
export default {
  props: { text: String, label: String, words: Object },
  data() {
    return { isCopied: false };
  },
  methods: {
    async copy() {
      if (navigator.clipboard) {
        await navigator.clipboard.writeText(this.text);
      } else {
        // A page that came by plain http has no clipboard: what is selected is copied.
        getSelection().selectAllChildren(this.$refs.text);
        document.execCommand("copy");
      }
      this.isCopied = true;
      setTimeout(() => (this.isCopied = false), 2000);
    },
  },
  template: `
    <div class="xj-copied">
      <pre ref="text" tabindex="0" role="region" :aria-label="label">{{ text }}</pre>
      <button type="button" class="xj-quiet-button" @click="copy">{{ words.copy }}</button>
      <span role="status" class="xj-note">{{ isCopied ? words.copied : "" }}</span>
    </div>
  `,
};
