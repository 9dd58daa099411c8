package people

import (
	"math/rand"
	"strings"
)

// peculiarity is a way in which a person's record is not plain.
type peculiarity int

const (
	plusAddress peculiarity = iota + 1
	upperCase
	married // the surname and the e-mail changed, the login did not
	partner // comes from elsewhere
)

// awkwardPeople are in every organisation that is large enough.
var awkwardPeople = []struct {
	first, last string
	how         peculiarity
}{
	{"Siobhán", "O'Neill", 0},
	{"José María", "Núñez y Ordóñez", 0},
	{"Zoë", "Müller-Lüdenscheidt", 0},
	{"Maria", "Garcia", 0},
	{"Maria", "Garcia", 0},
	{"Priya", "Raghunathan", plusAddress},
	{"Hector", "Dubois", upperCase},
	{"Catherine", "Whitfield", married},
	{"Jean-François", "D'Hondt", partner},
	{"Bo", "Ng", 0},
	{"Łukasz", "Żółkiewski", 0},
	{"Ayşe", "Çelik", 0},
	{"X Æ", "Sørensen", 0},
	{"Wolfeschlegelsteinhausen", "Bergerdorff-Hohenzollern-Schwarzenbergstein", 0},
	{"Björk", "Guðmundsdóttir", upperCase},
	{"Renée", "de la Tour d'Auvergne", plusAddress},
}

func pickPeculiarity(rng *rand.Rand) peculiarity {
	switch draw := rng.Intn(100); {
	case draw < 2:
		return plusAddress
	case draw < 5:
		return upperCase
	case draw < 9:
		return married
	case draw < 12:
		return partner
	}
	return 0
}

// statusShares are per cent; most people are ACTIVE.
var statusShares = []struct {
	status string
	share  int
}{
	{Active, 86}, {PasswordExpired, 3}, {LockedOut, 1}, {Recovery, 1},
	{Provisioned, 2}, {Staged, 2}, {Suspended, 2}, {Deprovisioned, 3},
}

// pickStatus draws a status; the people just after the awkward ones have each
// of them once, so that every organisation of some size has them all.
func pickStatus(rng *rand.Rand, i int) string {
	draw := rng.Intn(100)
	if at := i - len(awkwardPeople); at < 0 {
		return Active
	} else if at < len(statusShares) {
		return statusShares[at].status
	}
	for _, s := range statusShares {
		if draw < s.share {
			return s.status
		}
		draw -= s.share
	}
	return Active
}

// letters writes the letters of names in the ones that a mail address has.
var letters = strings.NewReplacer(
	"á", "a", "à", "a", "â", "a", "ã", "a", "å", "a", "ä", "ae", "æ", "ae", "ç", "c", "ć", "c", "č", "c",
	"ř", "r", "ě", "e", "ð", "d", "đ", "d", "é", "e", "è", "e", "ê", "e", "ë", "e", "ę", "e", "í", "i", "ì", "i", "î", "i",
	"ï", "i", "ı", "i", "ł", "l", "ñ", "n", "ń", "n", "ó", "o", "ò", "o", "ô", "o", "õ", "o", "ö", "oe",
	"ø", "o", "ś", "s", "š", "s", "ş", "s", "ß", "ss", "ú", "u", "ù", "u", "û", "u", "ü", "ue", "ý", "y",
	"ź", "z", "ż", "z", "ž", "z", "þ", "th", " ", "",
)

// ascii is a name as it stands in a mail address; apostrophes stay, as they do
// in real ones.
func ascii(name string) string { return letters.Replace(strings.ToLower(name)) }

var firstNames = []string{
	"Aaron", "Abigail", "Adèle", "Ahmed", "Aiko", "Alejandra", "Alice", "Amélie", "Amir", "Ana",
	"Andrés", "Anneliese", "Arjun", "Beatriz", "Benedikt", "Blessing", "Bronwyn", "Camille", "Chidi", "Chloë",
	"Claire", "Daniel", "David", "Dmitri", "Edward", "Eilidh", "Elena", "Emeka", "Emma", "Enrique",
	"Fatima", "Felix", "Fiona", "François", "Freya", "Gábor", "Giulia", "Grace", "Gustav", "Hannah",
	"Haruto", "Helena", "Hugo", "Imran", "Ingrid", "Isaac", "Isabelle", "Ivan", "Jack", "Jamila",
	"Jan", "Javier", "Jürgen", "Kamal", "Karin", "Katarzyna", "Kenji", "Kwame", "Laila", "Lars",
	"Leila", "Léo", "Liam", "Linh", "Lucía", "Magnus", "Marek", "Margaret", "Mei", "Michael",
	"Mihai", "Naomi", "Nia", "Nikolai", "Noah", "Olivia", "Oluwaseun", "Oscar", "Padraig", "Paolo",
	"Pilar", "Rahul", "Rania", "Raphaël", "Rosa", "Samuel", "Sanjay", "Sara", "Sébastien", "Sofia",
	"Søren", "Svetlana", "Tariq", "Thomas", "Tomáš", "Valérie", "Wei", "William", "Yasmin", "Yusuf",
}

var lastNames = []string{
	"Abara", "Adeyemi", "Ahmad", "Almeida", "Andersson", "Appiah", "Bakker", "Barbosa", "Baumann", "Becker",
	"Bennett", "Bergström", "Bianchi", "Black", "Bouchard", "Brennan", "Bryant", "Campbell", "Carvalho", "Chen",
	"Choudhury", "Clarke", "Costa", "D'Angelo", "Davies", "Delacroix", "Díaz", "Dvořák", "Edwards", "Eriksen",
	"Evans", "Fernández", "Fischer", "Fitzgerald", "Fletcher", "Fournier", "Friedman", "Gallagher", "García", "Gonçalves",
	"Gray", "Green", "Gupta", "Haddad", "Hansen", "Harris", "Hassan", "Hernández", "Hoffmann", "Hughes",
	"Ibrahim", "Ito", "Ivanova", "Jackson", "Janssen", "Johansson", "Jones", "Kaya", "Kelly", "Khan",
	"Kim", "Kowalski", "Kozłowska", "Lambert", "Larsen", "Laurent", "Lee", "Lefèvre", "Lindqvist", "Lopez",
	"MacDonald", "Mbeki", "McCarthy", "Mehta", "Mendoza", "Moreau", "Morgan", "Mori", "Mukherjee", "Nakamura",
	"Nguyen", "Nielsen", "Nowak", "O'Brien", "O'Connor", "Okafor", "Oliveira", "Osei", "Patel", "Pereira",
	"Petrov", "Popescu", "Quinn", "Ramírez", "Reyes", "Ricci", "Roberts", "Rossi", "Saito", "Santos",
	"Schäfer", "Schmidt", "Sharma", "Silva", "Singh", "Smith", "Suzuki", "Taylor", "Thompson", "Tremblay",
	"Turner", "Van den Berg", "Vasquez", "Virtanen", "Walker", "Wang", "Weiss", "Williams", "Wójcik", "Yılmaz",
	"Young", "Zhang", "Zimmermann",
}

var departments = []string{"Engineering", "Sales", "Marketing", "Finance", "People", "Support", "Legal", "Operations"}

var titles = []string{"Analyst", "Engineer", "Senior Engineer", "Manager", "Director", "Specialist", "Coordinator", "Consultant"}
