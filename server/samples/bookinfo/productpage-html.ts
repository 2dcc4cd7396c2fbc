/** What another service answered for its part of the page. */
export type Part = { readonly status: number; readonly body: unknown };

const escape = (text: unknown): string => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const fieldsOf = (body: unknown): ReadonlyMap<string, unknown> => new Map(typeof body === 'object' && body !== null ? Object.entries(body) : []);

/** The page's style sheet. */
export const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#18181b;background:#fafafa}header{background:#1f2937;color:#fff;padding:12px 32px;display:flex;gap:24px;align-items:center}
header form{margin-left:auto}main{max-width:960px;margin:0 auto;padding:24px 32px}h1{font-size:32px}.columns{display:grid;grid-template-columns:1fr 1fr;gap:32px}dl{display:grid;grid-template-columns:auto 1fr;gap:4px 16px}dt{color:#52525b}dd{margin:0}
blockquote{margin:0 0 24px;padding:12px 16px;background:#fff;border-left:4px solid #d4d4d8}.stars.red{color:#b91c1c}.stars.black{color:#18181b}.error{color:#991b1b}`;

function stars(rating: unknown): string {
  const fields = fieldsOf(rating);
  if (fields.has('error')) return `<p class="error"><i>${escape(fields.get('error'))}</i></p>`;
  if (!fields.has('stars')) return '';
  const n = Math.max(0, Math.min(5, Number(fields.get('stars'))));
  const color = fields.get('color') === 'red' ? 'red' : 'black';
  return `<p class="stars ${color}" aria-label="${n} of 5 stars">${'★'.repeat(n)}${'☆'.repeat(5 - n)}</p>`;
}

function detailsHtml(part: Part): string {
  if (part.status !== 200) return `<h2>Error fetching product details!</h2><p class="error">${escape(fieldsOf(part.body).get('error'))}</p>`;
  const rows = [...fieldsOf(part.body)].filter(([name]) => name !== 'id').map(([name, v]) => `<dt>${escape(name)}</dt><dd>${escape(v)}</dd>`);
  return `<h2>Book Details</h2><dl>${rows.join('')}</dl>`;
}

function reviewsHtml(part: Part): string {
  if (part.status !== 200) return `<h2>Error fetching product reviews!</h2><p class="error">${escape(fieldsOf(part.body).get('error'))}</p>`;
  const body = fieldsOf(part.body);
  const list = body.get('reviews');
  const quotes = (Array.isArray(list) ? list : []).map((review) => {
    const fields = fieldsOf(review);
    return `<blockquote><p>${escape(fields.get('text'))}</p><footer>${escape(fields.get('reviewer'))}</footer>${stars(fields.get('rating'))}</blockquote>`;
  });
  return `<h2>Book Reviews</h2>${quotes.join('')}<p>Reviews served by: <u>${escape(body.get('podname'))}</u></p>`;
}

/** The whole page as HTML. */
export function renderPage(data: { readonly product: { readonly title: string; readonly descriptionHtml: string }; readonly details: Part; readonly reviews: Part; readonly user: string | undefined }): string {
  const login = data.user === undefined
    ? '<form method="post" action="/login"><label>User <input name="username"></label> <button>Sign in</button></form>'
    : `<form method="get" action="/logout">${escape(data.user)} <button>Sign out</button></form>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Simple Bookstore App</title><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/style.css"></head>
<body><header><strong>BookInfo Sample</strong>${login}</header><main><h1>${escape(data.product.title)}</h1><p>Summary: ${data.product.descriptionHtml}</p>
<div class="columns"><section>${detailsHtml(data.details)}</section><section>${reviewsHtml(data.reviews)}</section></div></main></body></html>`;
}
