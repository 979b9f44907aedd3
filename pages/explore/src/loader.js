// Fetches the script of an explorable when a reader comes near it. Whatever goes wrong,
// the picture stays as it is.
let count = 0;

async function enliven(figure) {
  try {
    const { default: mount } = await import(`./kinds/${figure.dataset.explore}.js`);
    mount(figure, JSON.parse(figure.querySelector('script').textContent));
    figure.dataset.state = 'live';
  } catch (problem) {
    figure.dataset.state = 'still';
    console.warn(`${figure.id} stays a picture:`, problem.message);
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      enliven(target);
    }
  },
  { rootMargin: '600px' },
);

for (const figure of document.querySelectorAll('figure.explorable')) {
  figure.id = `explorable-${++count}`;
  const question = figure.querySelector('.explorable-question');
  question.id = `${figure.id}-question`;
  figure.setAttribute('role', 'group');
  figure.setAttribute('aria-labelledby', question.id);
  near.observe(figure);
}
