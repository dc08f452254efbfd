// The description of the action for the host, the form and the catalog.

export const manifest = {
  manifest: 1,
  id: "{{id}}",
  version: "1.0.0",
  category: "{{prefix}}",
  title: { en: "{{title}}", es: "{{title}}" },
  description: {
    en: "Names the tier of a number of points.",
    es: "Nombra el nivel de una cantidad de puntos.",
  },
  icon: "star",
  parameters: [
    {
      name: "POINTS_ENTITY",
      kind: "entity-in",
      type: "integer",
      required: true,
      title: { en: "Entity with the points", es: "Entidad con los puntos" },
      help: {
        en: "The entity that holds the number of points, an integer. Example: points.",
        es: "La entidad que tiene la cantidad de puntos, un entero. Ejemplo: points.",
      },
    },
    {
      name: "TIER_ENTITY",
      kind: "entity-out",
      type: "text",
      required: true,
      title: { en: "Entity for the tier", es: "Entidad para el nivel" },
      help: {
        en: "The entity that becomes gold or silver. Example: tier.",
        es: "La entidad que queda en gold o silver. Ejemplo: tier.",
      },
    },
  ],
  ports: ["next", "error"],
  locales: ["en", "es"],
  errors: [
    {
      code: "{{prefix}}/points-negative",
      help: {
        en: "The points are below 0. Correct the entity with the points.",
        es: "Los puntos son menores que 0. Corrija la entidad con los puntos.",
      },
    },
    {
      // flow.js refuses these integers.
      code: "{{prefix}}/integer-too-large",
      help: {
        en: "An integer is beyond 2^53, which JavaScript would round. Use a smaller one, or text.",
        es: "Un entero supera 2^53 y JavaScript lo redondearía. Use uno menor, o texto.",
      },
    },
  ],
  uses: [],
};
