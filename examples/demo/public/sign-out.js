// The person has said so in the app already; asking again would only be a click more.
document.querySelector("#logout")?.requestSubmit();
